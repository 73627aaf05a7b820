//! Accounts of humans, what proves who they are, and their login sessions. Only hashes of passwords and tokens stand here.

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::ids::{PasskeyId, SessionId, UserId};

/// What a human may do. Each one may do all that those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads.
    Viewer,
    /// Decides reviews, tries tools, starts and stops servers.
    Reviewer,
    /// Everything.
    Admin,
}

impl Role {
    /// Its word, as it stands in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Reviewer => "reviewer",
            Self::Admin => "admin",
        }
    }
}

/// The account of a human.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    /// Its id.
    pub id: UserId,
    /// Name to log in with, unique.
    pub username: String,
    /// Argon2id hash in PHC form; none when no password was set.
    pub password_hash: Option<String>,
    /// What they may do.
    pub role: Role,
    /// Whether nobody can log in with it now.
    pub is_disabled: bool,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When the password was last set.
    pub password_changed_at: DateTime<Utc>,
}

impl User {
    /// Whether they may let clients in that act in their name.
    pub fn may_let_in(&self) -> bool {
        !self.is_disabled && self.role >= Role::Reviewer
    }
}

impl std::fmt::Debug for User {
    /// Without the hash, so that it never gets into a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("User").field("id", &self.id).field("username", &self.username).finish_non_exhaustive()
    }
}

/// One-time codes from an app ([RFC 6238](https://www.rfc-editor.org/rfc/rfc6238)), as an account has them.
#[derive(Debug, Clone)]
pub struct CodeApp {
    /// The shared secret, Base32.
    pub secret: SecretString,
    /// Number of the newest time step whose code was used; that code and older ones count no more.
    pub last_step: i64,
    /// Wrong codes since `failing_since`.
    pub failures: i32,
    /// When the counting of wrong codes began.
    pub failing_since: Option<DateTime<Utc>>,
    /// When it was set up.
    pub created_at: DateTime<Utc>,
}

/// A passkey of an account.
#[derive(Debug, Clone, PartialEq)]
pub struct Passkey {
    /// Its id.
    pub id: PasskeyId,
    /// Whose it is.
    pub user_id: UserId,
    /// Its credential id, base64url.
    pub credential_id: String,
    /// What its owner calls it.
    pub name: String,
    /// Public key and counter, as the verifying library keeps them.
    pub credential: serde_json::Value,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last used to log in.
    pub last_used_at: Option<DateTime<Utc>>,
}

/// An account at another provider that logs in to one of ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Identity {
    /// The provider.
    pub issuer: String,
    /// The account there.
    pub subject: String,
    /// Our account.
    pub user_id: UserId,
    /// Its verified e-mail address when it last logged in; empty when none was told.
    pub email: String,
    /// When it first logged in.
    pub created_at: DateTime<Utc>,
    /// When it last logged in.
    pub last_used_at: DateTime<Utc>,
}

/// What a step of a login or of an enrolment is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CeremonyKind {
    /// The password was right; a second factor is wanted.
    SecondFactor,
    /// A passkey is wanted instead of name and password.
    PasskeyLogin,
    /// A passkey is being made.
    PasskeyEnrolment,
    /// An app for one-time codes is being set up.
    CodeAppEnrolment,
    /// Somebody was sent to the OpenID provider.
    Oidc,
    /// A run ended with a question to the user of its client, and the answer is wanted.
    Question,
    /// Somebody was sent to where they log in to an external source.
    SourceLogin,
}

/// What is remembered between two steps, for minutes. The token that names it is known to the browser.
#[derive(Debug, Clone)]
pub struct Ceremony {
    /// What it is for.
    pub kind: CeremonyKind,
    /// Whose, when that is known.
    pub user_id: Option<UserId>,
    /// What the next step needs, JSON; sealed when stored.
    pub state: SecretString,
    /// Wrong answers so far.
    pub attempts: i32,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
}

/// A login of a human. The token that proves it is known to the browser; the store keeps its hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AdminSession {
    /// Its id.
    pub id: SessionId,
    /// Whose it is.
    pub user_id: UserId,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When it was last used.
    pub last_seen_at: DateTime<Utc>,
    /// When it ends, whatever happens.
    pub expires_at: DateTime<Utc>,
    /// The address it was opened from (behind a proxy that of the proxy); empty when not known.
    pub origin: String,
    /// What the browser called itself; empty when not known.
    pub user_agent: String,
}

impl AdminSession {
    /// Whether it still counts at `now`.
    pub fn is_live(&self, now: DateTime<Utc>) -> bool {
        now < self.expires_at
    }
}
