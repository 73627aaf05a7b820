//! A grant says that a capability may be used by a tool, a server or everywhere. The single source of truth: no other
//! list of allowed hosts or modules exists.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    capability::Capability,
    hash::ContentHash,
    ids::{GrantId, ReviewId, ServerId, ToolId},
    principal::Actor,
};

/// A capability, for whom, and what a human said to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Grant {
    /// Its id.
    pub id: GrantId,
    /// What may be used.
    pub capability: Capability,
    /// By whom.
    pub scope: GrantScope,
    /// Where it stands.
    pub state: GrantState,
    /// Why it is needed, in the requester's words.
    pub justification: String,
    /// Who asked for it or added it.
    pub requested_by: Actor,
    /// When.
    pub created_at: DateTime<Utc>,
    /// Who decided; none while pending.
    pub decided_by: Option<Actor>,
    /// When.
    pub decided_at: Option<DateTime<Utc>>,
    /// The words of the decision.
    pub comment: String,
    /// Until when it counts; none for one without end.
    pub expires_at: Option<DateTime<Utc>>,
    /// The review that put it in force; none when it was decided alone.
    pub review_id: Option<ReviewId>,
}

impl Grant {
    /// Names what a human decides on: what is granted, for whom, why and until when, and where it stands.
    pub fn content_hash(&self) -> ContentHash {
        ContentHash::of(&json!({
            "form": "mcpbox.grant.1", "id": self.id, "capability": self.capability, "scope": self.scope, "state": self.state,
            "justification": self.justification, "expires_at": self.expires_at,
        }))
    }
}

/// For whom a grant counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "level", content = "id", rename_all = "snake_case")]
pub enum GrantScope {
    /// One tool.
    Tool(ToolId),
    /// All tools of a server.
    Server(ServerId),
    /// Every tool.
    Everywhere,
}

impl GrantScope {
    /// Whether a grant of this scope counts for `tool` of `server`.
    pub fn includes(self, server: ServerId, tool: ToolId) -> bool {
        match self {
            Self::Tool(id) => id == tool,
            Self::Server(id) => id == server,
            Self::Everywhere => true,
        }
    }
}

/// Where a grant stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum GrantState {
    /// Waits for a human.
    Pending,
    /// In force.
    Approved,
    /// Refused.
    Rejected,
    /// Was in force, taken back.
    Revoked,
    /// Was in force, until its time was over.
    Expired,
}

/// What a human can do to a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantEvent {
    /// Put it in force.
    Approve,
    /// Refuse it.
    Reject,
    /// Take it back.
    Revoke,
    /// Its time is over.
    Expire,
}

impl GrantState {
    /// The state after `event`; none when the step does not exist.
    pub fn apply(self, event: GrantEvent) -> Option<Self> {
        match (self, event) {
            (Self::Pending, GrantEvent::Approve) => Some(Self::Approved),
            (Self::Pending, GrantEvent::Reject) => Some(Self::Rejected),
            (Self::Approved | Self::Expired, GrantEvent::Revoke) => Some(Self::Revoked),
            (Self::Approved, GrantEvent::Expire) => Some(Self::Expired),
            _ => None,
        }
    }
}
