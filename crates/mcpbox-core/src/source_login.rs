//! A login at an external source: a human gives this MCPbox tokens of an account of theirs there (OAuth 2.1, as in
//! [MCP's authorization](https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization)). What is known of it
//! without its tokens, and what it takes to begin, finish and renew one.

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::{execute::BoxFuture, failure::Failure};

/// What is known of the login at a source; the tokens are elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LoginFacts {
    /// Whether it works.
    pub state: LoginState,
    /// Who gave the tokens, an URL; empty before the first login.
    pub issuer: String,
    /// Origins that a human let it contact besides the source's own.
    pub origins: Vec<String>,
    /// What the tokens allow, in the words of the issuer.
    pub scopes: Vec<String>,
    /// The human here who logged in, or tried to.
    pub by: String,
    /// When.
    pub at: DateTime<Utc>,
    /// When the access token ends; null when the issuer does not say.
    pub expires_at: Option<DateTime<Utc>>,
    /// Whether it is renewed without a human.
    pub is_renewable: bool,
    /// When it was renewed last.
    pub renewed_at: Option<DateTime<Utc>>,
    /// What went wrong last, in a sentence: why it ended, why it could not be renewed, why nobody got in.
    pub trouble: Option<String>,
    /// When it could not be renewed last; null since it could.
    #[serde(default)]
    pub failed_at: Option<DateTime<Utc>>,
}

/// Whether a login works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum LoginState {
    /// Nobody has logged in.
    Needed,
    /// It works, as far as is known.
    Active,
    /// It expired or was revoked: a human logs in again.
    Ended,
}

/// Who this MCPbox is to an authorization server, where a human entered that.
#[derive(Debug, Clone)]
pub struct LoginClient {
    /// The client's id there.
    pub id: String,
    /// Its secret, where it has one.
    pub secret: Option<SecretString>,
}

/// A login that is to begin.
#[derive(Debug, Clone)]
pub struct LoginRequest {
    /// The source's endpoint.
    pub url: String,
    /// Origins that a human let us contact for it, besides the source's own.
    pub origins: Vec<String>,
    /// Who we are there, where a human entered it.
    pub client: Option<LoginClient>,
    /// What was kept of the login before: a client that was entered then is used again.
    pub before: Option<SecretString>,
    /// Where what we say of ourselves is to be read by anybody, https.
    pub document: Option<String>,
    /// Where the human is sent back to.
    pub redirect_uri: String,
}

/// What comes of beginning.
#[derive(Debug, Clone)]
pub enum LoginStep {
    /// A human must let these be contacted first: those that were allowed, and what is needed besides.
    Allow {
        /// `scheme://host[:port]`.
        origins: Vec<String>,
    },
    /// The human goes there.
    Go {
        /// The page of the authorization server.
        url: String,
        /// Comes back with them.
        state: String,
        /// What it takes to finish, sealed when stored.
        pending: SecretString,
    },
}

/// What the human came back with.
#[derive(Debug, Clone)]
pub struct LoginAnswer {
    /// Parameter `code`.
    pub code: String,
    /// Parameter `state`.
    pub state: String,
    /// Parameter `iss` ([RFC 9207](https://www.rfc-editor.org/rfc/rfc9207)).
    pub issuer: Option<String>,
}

/// Tokens that were given.
#[derive(Debug, Clone)]
pub struct Issued {
    /// The access token.
    pub token: SecretString,
    /// What it takes to renew them, sealed when stored.
    pub kept: SecretString,
    /// Who gave them.
    pub issuer: String,
    /// What they allow.
    pub scopes: Vec<String>,
    /// When the access token ends.
    pub expires_at: Option<DateTime<Utc>>,
    /// Whether there is a refresh token.
    pub is_renewable: bool,
}

/// Why there are no tokens. A sentence each, with words of the other side in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoginError {
    /// It will not work again: a human has to log in.
    #[error("{0}")]
    Refused(String),
    /// It may work later.
    #[error("{0}")]
    Failed(String),
}

/// Speaks to authorization servers of sources. Contacts the source and the origins that were allowed, nothing else.
pub trait SourceLogins: Send + Sync + 'static {
    /// Finds out where a human logs in.
    fn begin(&self, request: LoginRequest) -> BoxFuture<'_, Result<LoginStep, LoginError>>;

    /// Asks for tokens with what came back.
    fn finish(&self, pending: SecretString, answer: LoginAnswer) -> BoxFuture<'_, Result<Issued, LoginError>>;

    /// Asks for new tokens. The old ones may be worthless by that, so what comes back must be kept.
    fn renew(&self, kept: SecretString) -> BoxFuture<'_, Result<Issued, LoginError>>;

    /// Tells who gave the tokens that nobody needs them any more; false where they are not taken back.
    fn revoke(&self, kept: SecretString) -> BoxFuture<'_, Result<bool, LoginError>>;
}

/// The access token of a login, as it is now.
pub trait AccessTokens: std::fmt::Debug + Send + Sync {
    /// One that has not expired, renewed where needed.
    fn current(&self) -> BoxFuture<'_, Result<SecretString, Failure>>;

    /// When somebody logged in: tokens of another login may be another account's.
    fn since(&self) -> DateTime<Utc>;

    /// Another one than this, which the source did not take (`401`).
    fn instead_of<'a>(&'a self, refused: &'a SecretString) -> BoxFuture<'a, Result<SecretString, Failure>>;
}
