//! Everything that waits for a human.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use mcpbox_core::{
    capability::Capability,
    grant::{Grant, GrantScope, GrantState},
    ids::{ReviewId, ServerId},
    paging::PageRequest,
    review::{Review, Risk},
    server::Server,
};
use mcpbox_store::{
    grants::{self, GrantFilter},
    reviews, secrets, versions,
};
use serde::Serialize;

use crate::{Caller, Catalog, CatalogError, NextStep};

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

/// All that waits for a human, by server.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PendingRequests {
    /// By server name.
    pub servers: Vec<ServerRequests>,
    /// What to do now.
    pub next: Vec<NextStep>,
}

/// All that waits for a human, by server.
///
/// # Errors
/// The caller may not use the management tools.
pub async fn list_pending_requests(cat: &Catalog, who: impl Into<Caller<'_>>) -> Result<PendingRequests, CatalogError> {
    who.into().check_author()?;
    let snapshot = cat.snapshot();
    let reader = cat.store.reader();
    let open = reviews::open_all(&reader).await?;
    let bundled = |grant: &Grant| open.iter().any(|review| GrantScope::Tool(review.tool_id) == grant.scope);
    let pending = GrantFilter { state: Some(GrantState::Pending), ..GrantFilter::default() };
    let pending = grants::list(&reader, &pending, PageRequest::new(1, 100)).await?;
    let mut by_server: BTreeMap<String, ServerRequests> = BTreeMap::new();
    for grant in pending.items.into_iter().filter(|grant| !bundled(grant)) {
        let server = match grant.scope {
            GrantScope::Tool(id) => {
                snapshot.known_by_id(id).and_then(|known| snapshot.server_by_id(known.tool.server_id))
            }
            GrantScope::Server(id) => snapshot.server_by_id(id),
            GrantScope::Everywhere => None,
        };
        if let Some(server) = server {
            entry(&mut by_server, server).grants.push(grant);
        }
    }
    for review in open {
        let Some(known) = snapshot.known_by_id(review.tool_id) else { continue };
        let Some(server) = snapshot.server_by_id(known.tool.server_id) else { continue };
        let number = versions::by_id(&reader, review.version_id).await?.map_or(0, |version| version.number);
        entry(&mut by_server, server).reviews.push(bundle(cat, review, &known.name, number));
    }
    for secret in secrets::without_value(&reader).await? {
        if let Some(server) = snapshot.server_by_id(secret.server_id) {
            entry(&mut by_server, server).secrets_without_value.push(secret.key.into());
        }
    }
    let page = cat.admin_page("approvals");
    let next = match by_server.is_empty() {
        true => NextStep::say("nothing waits for a human"),
        false => NextStep::human(format!("ask the human to decide at {page}"), page),
    };
    Ok(PendingRequests { servers: by_server.into_values().collect(), next: vec![next] })
}

fn entry<'m>(by_server: &'m mut BTreeMap<String, ServerRequests>, server: &Server) -> &'m mut ServerRequests {
    by_server.entry(server.name.to_string()).or_insert_with(|| ServerRequests {
        server_id: server.id,
        server: server.name.to_string(),
        reviews: Vec::new(),
        grants: Vec::new(),
        secrets_without_value: Vec::new(),
    })
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
