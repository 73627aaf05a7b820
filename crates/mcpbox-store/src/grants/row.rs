//! A grant and its row.

use mcpbox_core::{
    capability::Capability,
    grant::{Grant, GrantScope},
    ids::{GrantId, ReviewId, ServerId, ToolId},
};

use crate::{
    convert::{Place, actor, actor_kind, text, time},
    entity::grants::Model,
    error::StoreError,
};

fn kind_word(capability: &Capability) -> &'static str {
    match capability {
        Capability::Module { .. } => "module",
        Capability::Package(_) => "package",
        Capability::Host(_) => "host",
        Capability::Secret { .. } => "secret",
        Capability::Source(_) => "source",
    }
}

/// A grant as it is written.
pub(super) fn to_row(grant: &Grant) -> Result<Model, StoreError> {
    let (scope_level, tool_id, server_id) = match grant.scope {
        GrantScope::Tool(id) => ("tool", Some(id.0), None),
        GrantScope::Server(id) => ("server", None, Some(id.0)),
        GrantScope::Everywhere => ("everywhere", None, None),
    };
    let requested_by = actor(&grant.requested_by);
    let decided_by = grant.decided_by.as_ref().map(actor);
    Ok(Model {
        id: grant.id.0,
        kind: kind_word(&grant.capability).to_owned(),
        capability: Place("grants", "capability").json(&grant.capability)?,
        scope_level: scope_level.to_owned(),
        tool_id,
        server_id,
        state: Place("grants", "state").word(&grant.state)?,
        justification: text(&grant.justification),
        requested_by_kind: actor_kind(requested_by.kind),
        requested_by_name: requested_by.name,
        created_at: time(grant.created_at),
        decided_by_kind: decided_by.as_ref().map(|by| actor_kind(by.kind)),
        decided_by_name: decided_by.map(|by| by.name),
        decided_at: grant.decided_at.map(time),
        comment: text(&grant.comment),
        expires_at: grant.expires_at.map(time),
        review_id: grant.review_id.map(|id| id.0),
    })
}

impl TryFrom<Model> for Grant {
    type Error = StoreError;

    fn try_from(row: Model) -> Result<Self, StoreError> {
        let scope = match (row.scope_level.as_str(), row.tool_id, row.server_id) {
            ("tool", Some(id), None) => GrantScope::Tool(ToolId(id)),
            ("server", None, Some(id)) => GrantScope::Server(ServerId(id)),
            ("everywhere", None, None) => GrantScope::Everywhere,
            (level, ..) => return Err(Place("grants", "scope_level").corrupt(format!("scope '{level}' of {}", row.id))),
        };
        Ok(Self {
            id: GrantId(row.id),
            capability: Place("grants", "capability").parse_json(row.capability)?,
            scope,
            state: Place("grants", "state").parse_word(row.state)?,
            justification: row.justification,
            requested_by: Place("grants", "requested_by_kind")
                .parse_actor(row.requested_by_kind, row.requested_by_name)?,
            created_at: row.created_at,
            decided_by: Place("grants", "decided_by_kind")
                .parse_actor_option(row.decided_by_kind, row.decided_by_name)?,
            decided_at: row.decided_at,
            comment: row.comment,
            expires_at: row.expires_at,
            review_id: row.review_id.map(ReviewId),
        })
    }
}
