//! What a source needs of a human: that it may be reached, and values of the secrets that it takes.

use mcpbox_core::{
    capability::Capability,
    event::LiveEvent,
    grant::{Grant, GrantScope, GrantState},
    ids::GrantId,
    server::Server,
    source::ExternalSource,
};
use mcpbox_store::{grants, secrets};
use serde_json::json;

use super::find;
use crate::{CatalogError, change::Change};

/// Asks for the source unless it may be reached, or the question is open. A refusal stands until a human changes it.
pub(super) async fn ask(change: &mut Change, source: &ExternalSource) -> Result<GrantState, CatalogError> {
    if let Some(state) = find::standing(&change.tx, source).await?
        && matches!(state, GrantState::Approved | GrantState::Pending | GrantState::Rejected)
    {
        return Ok(state);
    }
    let grant = Grant {
        id: GrantId::generate(),
        capability: Capability::Source(source.rule()),
        scope: GrantScope::Server(source.server_id),
        state: GrantState::Pending,
        justification: match source.rule().program {
            Some(_) => format!("start the program of the MCP server {} and import its tools", source.name),
            None => format!("import tools of the MCP server {}", source.name),
        },
        requested_by: change.actor.clone(),
        created_at: change.now,
        decided_by: None,
        decided_at: None,
        comment: String::new(),
        expires_at: None,
        review_id: None,
    };
    grants::insert(&change.tx, &grant).await?;
    let detail = json!({"source": source.name, "capability": grant.capability});
    change.audit("grant.request", format!("grant:{}", grant.id), detail).await?;
    change.tell(LiveEvent::GrantsChanged);
    Ok(GrantState::Pending)
}

/// Whether every secret that it takes has a value.
pub(super) async fn has_value(change: &Change, server: &Server, source: &ExternalSource) -> Result<bool, CatalogError> {
    for key in source.rule().secrets() {
        if !secrets::by_key(&change.tx, server.id, key).await?.is_some_and(|secret| secret.has_value) {
            return Ok(false);
        }
    }
    Ok(true)
}
