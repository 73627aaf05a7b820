//! Random tokens (sessions, one-time setup, access tokens) are stored as SHA-256 hashes only: they carry 256 bits of
//! randomness, so a plain hash is enough, and a stolen database opens nothing.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    ids::TokenId,
    principal::{Actor, Scope},
};

/// SHA-256 of a random token, as 64 lower-case hex digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TokenHash(String);

impl TokenHash {
    /// The hash of `token`.
    pub fn of(token: &str) -> Self {
        Self(hex::encode(Sha256::digest(token.as_bytes())))
    }

    /// A hash as it was kept.
    pub fn kept(text: String) -> Self {
        Self(text)
    }

    /// The hash as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A bearer token made for a client that sends a header. The token itself was shown once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccessToken {
    /// Its id.
    pub id: TokenId,
    /// What it is for, unique.
    pub name: String,
    /// What it allows.
    pub scopes: Vec<Scope>,
    /// Who made it, and for whom its client acts.
    pub created_by: Actor,
    /// When.
    pub created_at: DateTime<Utc>,
    /// When it ends; none never ends.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<DateTime<Utc>>,
}

impl AccessToken {
    /// Whether it still counts at `now`.
    pub fn is_live(&self, now: DateTime<Utc>) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }
}
