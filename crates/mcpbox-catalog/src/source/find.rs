//! Which source is meant, and whether it may be reached.

use mcpbox_core::{
    capability::Capability,
    failure::{Failure, FailureKind},
    grant::GrantState,
    ids::SourceId,
    paging::{PAGE_SIZE_MAX, PageRequest},
    server::Server,
    source::ExternalSource,
};
use mcpbox_store::{Connection, grants, sources};
use serde_json::json;

use crate::{Caller, Catalog, CatalogError, nearest};

/// Sources of this box; one page holds them all.
pub(super) const SOURCES_MAX: u64 = PAGE_SIZE_MAX;

/// All sources, by name.
pub(super) async fn all(connection: &impl Connection) -> Result<Vec<ExternalSource>, CatalogError> {
    Ok(sources::list(connection, None, PageRequest::new(1, PAGE_SIZE_MAX)).await?.items)
}

/// The source by id, `server/name`, or a name that only one has, with its server; among those on servers that are seen.
pub(super) async fn source(
    cat: &Catalog,
    who: Caller<'_>,
    text: &str,
) -> Result<(Server, ExternalSource), CatalogError> {
    who.check_reads()?;
    let snapshot = cat.snapshot();
    let seen: Vec<(Server, ExternalSource)> = all(&cat.store.reader())
        .await?
        .into_iter()
        .filter_map(|source| Some((snapshot.server_by_id(source.server_id)?.clone(), source)))
        .filter(|(server, _)| who.may_see(server.name.as_str()))
        .collect();
    let id: Option<SourceId> = text.parse().ok();
    let is_it = |(server, source): &&(Server, ExternalSource)| {
        Some(source.id) == id || source.name == text || format!("{}/{}", server.name, source.name) == text
    };
    let mut found = seen.iter().filter(is_it);
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one.clone()),
        (Some(_), Some(_)) => {
            let message = format!("more than one server has a source '{}'", nearest::shown(text));
            let failure = Failure::new(FailureKind::Conflict, message).argument("source_id");
            Err(failure.hint("give its id, or server/name").into())
        }
        (None, _) => {
            let near = nearest::names(text, seen.iter().map(|(_, source)| source.name.as_str()));
            let message = format!("there is no source '{}'", nearest::shown(text));
            let failure = Failure::new(FailureKind::NotFound, message).argument("source_id");
            Err(failure.hint(nearest::hint(&near, "list the sources of a server, or add one")).nearest(near).into())
        }
    }
}

/// Where the request to reach a source stands: what was said last about exactly this address and secret.
pub(super) async fn standing(
    connection: &impl Connection,
    source: &ExternalSource,
) -> Result<Option<GrantState>, CatalogError> {
    let wanted = Capability::Source(source.rule());
    let of_it: Vec<_> = grants::for_server(connection, source.server_id)
        .await?
        .into_iter()
        .filter(|grant| grant.capability.covers(&wanted))
        .collect();
    let in_force = of_it.iter().find(|grant| grant.state == GrantState::Approved);
    Ok(in_force.or(of_it.last()).map(|grant| grant.state))
}

/// Refuses to reach a source that no human let us reach.
pub(super) async fn check_granted(cat: &Catalog, server: &Server, source: &ExternalSource) -> Result<(), CatalogError> {
    let state = standing(&cat.store.reader(), source).await?;
    let what = match state {
        Some(GrantState::Approved) => return Ok(()),
        Some(GrantState::Pending) => "a human has not yet allowed to reach it",
        Some(GrantState::Rejected) => "a human refused to let it be reached",
        Some(GrantState::Revoked) => "a human took back that it may be reached",
        Some(GrantState::Expired) => "the time for which it might be reached is over",
        None => "nobody has allowed to reach it",
    };
    let page = page(cat, server);
    let failure =
        Failure::new(FailureKind::HostDenied, format!("the source '{}' is not contacted: {what}", source.name));
    let failure =
        failure.hint(format!("ask the human to decide at {page}; a yes in the chat does not count")).human(page);
    Err(failure.next("mcpbox_list_external_sources", json!({"server_id": server.name})).into())
}

/// Where a human decides on it.
pub(super) fn page(cat: &Catalog, server: &Server) -> String {
    cat.admin_page(&format!("servers/{}/sources", server.id))
}
