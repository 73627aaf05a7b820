//! Everything that waits for a human.

use std::{collections::BTreeSet, sync::Arc};

use chrono::{DateTime, Utc};
use mcpbox_core::{
    capability::Capability,
    grant::{Grant, GrantScope, GrantState},
    ids::{ReviewId, ServerId, ToolId},
    paging::{PAGE_SIZE_MAX, Page, PageRequest},
    review::{Review, Risk},
    server::Server,
};
use mcpbox_store::{
    Connection,
    grants::{self, GrantFilter},
    reviews, secrets, versions,
};
use serde::Serialize;

use crate::{Caller, Catalog, CatalogError, NextStep, Snapshot, withheld::KnownTool};

/// Pages of single requests that are read.
const PAGES_READ: u64 = 10;

/// A bundle that waits.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PendingBundle {
    /// The review.
    pub review_id: ReviewId,
    /// Where a human decides.
    pub review_url: String,
    /// `server__tool`.
    pub tool: String,
    /// The version's number.
    pub version: u32,
    /// How much care it wants.
    pub risk: Risk,
    /// What approval newly grants.
    pub requested: Vec<Capability>,
    /// Since when it waits.
    pub since: DateTime<Utc>,
}

/// What waits on one server.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ServerRequests {
    /// The server.
    pub server_id: ServerId,
    /// Its name.
    pub server: String,
    /// Bundles that wait.
    pub reviews: Vec<PendingBundle>,
    /// Requests for single capabilities that are in no bundle yet.
    pub grants: Vec<Grant>,
    /// Secrets without a value.
    pub secrets_without_value: Vec<String>,
}

/// What waits for a human, by server.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PendingRequests {
    /// By server name.
    pub servers: Vec<ServerRequests>,
    /// How many things wait in all.
    pub total: u64,
    /// What to do now.
    pub next: Vec<NextStep>,
}

/// One thing that waits.
enum Waiting {
    Review(Box<PendingBundle>),
    Grant(Box<Grant>),
    Secret(String),
}

/// What waits for a human, by server; the things of a server in one order.
///
/// # Errors
/// The caller may not use the management tools.
pub async fn list_pending_requests(
    cat: &Catalog,
    who: impl Into<Caller<'_>>,
    page: PageRequest,
) -> Result<PendingRequests, CatalogError> {
    let who = who.into();
    who.check_reads()?;
    let snapshot = cat.snapshot();
    let mut all = all_waiting(cat, &snapshot).await?;
    all.retain(|(server, _)| who.may_see(server.name.as_str()));
    let human = cat.admin_page("approvals");
    let next = match all.is_empty() {
        true => NextStep::say("nothing waits for a human"),
        false => NextStep::human(format!("ask the human to decide at {human}"), human),
    };
    let Page { items, total, .. } = page.of(all.into_iter());
    let mut servers: Vec<ServerRequests> = Vec::new();
    for (server, waiting) in items {
        if servers.last().is_none_or(|last| last.server_id != server.id) {
            servers.push(nothing_of(server));
        }
        match (servers.last_mut(), waiting) {
            (Some(of), Waiting::Review(bundle)) => of.reviews.push(*bundle),
            (Some(of), Waiting::Grant(grant)) => of.grants.push(*grant),
            (Some(of), Waiting::Secret(key)) => of.secrets_without_value.push(key),
            (None, _) => {}
        }
    }
    Ok(PendingRequests { servers, total, next: vec![next] })
}

/// Everything that waits, with its server: by server name, then reviews, single requests and secrets, each oldest first.
async fn all_waiting<'s>(cat: &Catalog, snapshot: &'s Snapshot) -> Result<Vec<(&'s Server, Waiting)>, CatalogError> {
    let reader = cat.store.reader();
    let open = reviews::open_all(&reader).await?;
    let bundled: BTreeSet<ToolId> = open.iter().map(|review| review.tool_id).collect();
    let mut all = Vec::new();
    for review in open {
        let Some((known, server)) = tool_of(snapshot, review.tool_id) else { continue };
        let number = versions::by_id(&reader, review.version_id).await?.map_or(0, |version| version.number);
        all.push((server, Waiting::Review(Box::new(bundle(cat, review, &known.name, number)))));
    }
    for grant in pending_grants(&reader).await? {
        let server = match grant.scope {
            GrantScope::Tool(id) if bundled.contains(&id) => None,
            GrantScope::Tool(id) => tool_of(snapshot, id).map(|(_, server)| server),
            GrantScope::Server(id) => snapshot.server_by_id(id),
            GrantScope::Everywhere => None,
        };
        all.extend(server.map(|server| (server, Waiting::Grant(Box::new(grant)))));
    }
    for secret in secrets::without_value(&reader).await? {
        let server = snapshot.server_by_id(secret.server_id);
        all.extend(server.map(|server| (server, Waiting::Secret(secret.key.into()))));
    }
    all.sort_by(|(a, _), (b, _)| a.name.cmp(&b.name));
    Ok(all)
}

/// Requests for single capabilities, oldest first.
async fn pending_grants(reader: &impl Connection) -> Result<Vec<Grant>, CatalogError> {
    let filter = GrantFilter { state: Some(GrantState::Pending), ..GrantFilter::default() };
    let mut all = Vec::new();
    for number in 1..=PAGES_READ {
        let page = grants::list(reader, &filter, PageRequest::new(number, PAGE_SIZE_MAX)).await?;
        all.extend(page.items);
        if number >= page.pages {
            break;
        }
    }
    all.reverse();
    Ok(all)
}

fn tool_of(snapshot: &Snapshot, id: ToolId) -> Option<(&Arc<KnownTool>, &Server)> {
    let known = snapshot.known_by_id(id)?;
    Some((known, snapshot.server_by_id(known.tool.server_id)?))
}

fn nothing_of(server: &Server) -> ServerRequests {
    ServerRequests {
        server_id: server.id,
        server: server.name.to_string(),
        reviews: Vec::new(),
        grants: Vec::new(),
        secrets_without_value: Vec::new(),
    }
}

fn bundle(cat: &Catalog, review: Review, name: &str, version: u32) -> PendingBundle {
    PendingBundle {
        review_id: review.id,
        review_url: cat.review_url(review.id),
        tool: name.to_owned(),
        version,
        risk: review.risk,
        requested: review.requested.into_iter().collect(),
        since: review.created_at,
    }
}
