//! The audit chain: each row carries the hash of the one before, so that a changed or missing row shows.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{hash::ContentHash, ids::AuditId, principal::Actor};

/// The hash before the first row.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// What happened, before it stands in the chain.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEntry {
    /// Who.
    pub actor: Actor,
    /// What: `tool.create`, `review.approve` …
    pub action: &'static str,
    /// On what: `tool:<id>` …
    pub subject: String,
    /// Particulars; never a secret's value.
    pub detail: Value,
}

/// A row of the chain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditEvent {
    /// 1, 2, 3 … without gaps.
    pub sequence: i64,
    /// Its id.
    pub id: AuditId,
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub actor: Actor,
    /// What.
    pub action: String,
    /// On what.
    pub subject: String,
    /// Particulars.
    pub detail: Value,
    /// Hash of the row before.
    pub previous_hash: String,
    /// Hash of this row.
    pub hash: String,
}

impl AuditEvent {
    /// The hash this row must have: over all its other fields. Times count to the microsecond, as databases keep them.
    pub fn expected_hash(&self) -> String {
        ContentHash::of(&json!({
            "form": "mcpbox.audit.1",
            "sequence": self.sequence,
            "id": self.id,
            "at": self.at.to_rfc3339_opts(SecondsFormat::Micros, true),
            "actor": self.actor,
            "action": self.action,
            "subject": self.subject,
            "detail": self.detail,
            "previous_hash": self.previous_hash,
        }))
        .0
    }

    /// Whether this row follows `previous` (none for the first) and is unchanged.
    pub fn follows(&self, previous: Option<&AuditEvent>) -> bool {
        let (sequence, hash) = previous.map_or((0, GENESIS), |row| (row.sequence, row.hash.as_str()));
        self.sequence == sequence + 1 && self.previous_hash == hash && self.hash == self.expected_hash()
    }
}
