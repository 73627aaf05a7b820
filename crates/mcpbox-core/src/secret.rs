//! Secrets of a server. A value never stands in these types as plain text: it is encrypted in the store and a
//! [`secrecy::SecretString`] for the one call it is unsealed for.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    capability::HostRule,
    ids::{SecretId, ServerId},
    name::SecretKey,
};

/// A sealed value has at least this many bytes. A shorter one could not be taken out of what comes back: it would be found
/// in ordinary text.
pub const MIN_SEALED_BYTES: usize = 6;

/// A secret's outside: everything but its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Secret {
    /// Its id.
    pub id: SecretId,
    /// The server it belongs to.
    pub server_id: ServerId,
    /// Its key within the server.
    pub key: SecretKey,
    /// What it is.
    pub description: String,
    /// Hosts to which a sealed value may be sent. An LLM may propose them; the human who sets the value confirms them.
    pub hosts: Vec<HostRule>,
    /// Whether tool code may see the value.
    pub mode: SecretMode,
    /// Whether a human has set the value.
    pub has_value: bool,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
    /// When its value was last set; none without a value.
    pub value_set_at: Option<DateTime<Utc>>,
    /// When a run last read it.
    pub last_used_at: Option<DateTime<Utc>>,
}

impl Secret {
    /// A new one that waits for its value: sealed, for no hosts yet.
    pub fn waiting(server_id: ServerId, key: SecretKey, now: DateTime<Utc>) -> Self {
        Self {
            id: SecretId::generate(),
            server_id,
            key,
            description: String::new(),
            hosts: Vec::new(),
            mode: SecretMode::default(),
            has_value: false,
            created_at: now,
            updated_at: now,
            value_set_at: None,
            last_used_at: None,
        }
    }
}

/// Whether tool code may see a secret's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SecretMode {
    /// The code sees a placeholder; egress puts the value in, only towards the bound hosts.
    #[default]
    Sealed,
    /// The code sees the value (for signing schemes); flagged at review.
    Revealed,
}
