//! What audit rows keep of decisions, so that a decision can be worked out again from the chain alone: written where decisions
//! are made, read by the verification.

use chrono::{DateTime, Utc};
use mcpbox_core::{
    capability::Capability,
    grant::{Grant, GrantScope},
    ids::GrantId,
};
use serde::{Deserialize, Serialize};

/// A grant that a decision put in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct GrantInForce {
    pub(crate) id: GrantId,
    pub(crate) capability: Capability,
    pub(crate) scope: GrantScope,
    pub(crate) expires_at: Option<DateTime<Utc>>,
}

impl From<&Grant> for GrantInForce {
    fn from(grant: &Grant) -> Self {
        let Grant { id, scope, expires_at, .. } = *grant;
        Self { id, capability: grant.capability.clone(), scope, expires_at }
    }
}
