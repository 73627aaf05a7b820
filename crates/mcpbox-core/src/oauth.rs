//! What remote access is made of: clients, what they ask for, and what a human authorised. RFC 6749, RFC 7591, RFC 8707 and the
//! authorization section of MCP speak of the same things by the same names.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    ids::{AuthorizationId, AuthorizationRequestId},
    principal::Scope,
};

/// How a client became known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ClientKind {
    /// Its id is the address of a document about it: whose host that is, is sure.
    Document,
    /// It registered itself: nothing it says is verified.
    Registered,
    /// An admin entered it.
    Entered,
}

/// A program that asks for access on behalf of a human. All are public clients: none has a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OAuthClient {
    /// What it sends as `client_id`.
    pub client_id: String,
    /// How it became known.
    pub kind: ClientKind,
    /// What it calls itself.
    pub name: String,
    /// Where answers may be sent to.
    pub redirect_uris: Vec<String>,
    /// When it became known.
    pub created_at: DateTime<Utc>,
    /// When it is forgotten, unless a human authorises it before.
    pub expires_at: Option<DateTime<Utc>>,
}

/// How far an authorization request has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestState {
    /// A human has to decide.
    Waiting,
    /// A human allowed it; the browser has not come back yet.
    Approved,
    /// A human refused it.
    Denied,
    /// The browser took a code to the client.
    Coded,
    /// The client exchanged the code for tokens.
    Redeemed,
}

/// A client's wish for access, from the browser that brought it to the end of its code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizationRequest {
    /// Its id.
    pub id: AuthorizationRequestId,
    /// Which client.
    pub client_id: String,
    /// How the client became known.
    pub client_kind: ClientKind,
    /// What the client calls itself.
    pub client_name: String,
    /// Where the answer goes.
    pub redirect_uri: String,
    /// What the client wants to see again.
    pub state: Option<String>,
    /// PKCE (RFC 7636), method S256.
    pub code_challenge: String,
    /// What it asks for; once approved, what it gets.
    pub scopes: Vec<Scope>,
    /// What browser and admin page show, so that a human sees that both mean the same request.
    pub user_code: String,
    /// Address of the browser.
    pub origin: String,
    /// How far it has come.
    pub progress: RequestState,
    /// Who authorised it.
    pub subject: Option<String>,
    /// What came of its code.
    pub authorization_id: Option<AuthorizationId>,
    /// When the browser brought it.
    pub created_at: DateTime<Utc>,
    /// When nothing can be done with it any more.
    pub expires_at: DateTime<Utc>,
    /// When its page was last noted to look again; none since the browser brought it.
    pub looked_at: Option<DateTime<Utc>>,
}

/// What a human authorised: a client may act for them. All its tokens are one family and end with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorization {
    /// Its id.
    pub id: AuthorizationId,
    /// The client.
    pub client_id: String,
    /// How the client became known.
    pub client_kind: ClientKind,
    /// What the client calls itself.
    pub client_name: String,
    /// Host that the answer was sent to.
    pub redirect_host: String,
    /// Who authorised it.
    pub subject: String,
    /// What it allows.
    pub scopes: Vec<Scope>,
    /// What it is good for (RFC 8707).
    pub resource: String,
    /// Highest generation of a refresh token that was used; 0 before the first.
    pub used_generation: i32,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<DateTime<Utc>>,
    /// When it ends unless it is renewed before.
    pub expires_at: DateTime<Utc>,
}

/// What a token is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenKind {
    /// To call.
    Access,
    /// To get the next tokens.
    Refresh,
}

/// A token of a family; only its hash is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FamilyToken {
    /// The family.
    pub authorization_id: AuthorizationId,
    /// What it is good for.
    pub kind: TokenKind,
    /// Refresh tokens count up: 1 is the first.
    pub generation: i32,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
}

/// Scopes in the form of the protocol: separated by spaces (RFC 6749, section 3.3).
pub fn scope_text(scopes: &[Scope]) -> String {
    scopes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// The known scopes of a text, each once. Unknown ones are left out: clients ask for what other servers have.
pub fn parse_scopes(text: &str) -> Vec<Scope> {
    let mut scopes: Vec<Scope> = Vec::new();
    for scope in text.split_ascii_whitespace().filter_map(|word| word.parse().ok()) {
        if !scopes.contains(&scope) {
            scopes.push(scope);
        }
    }
    scopes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_read_as_they_are_written_and_unknown_ones_left_out() {
        let text = "mcp:tools openid mcp:author server:weather mcp:tools server: server:Bad/Name offline_access";
        let scopes = parse_scopes(text);
        assert_eq!(scopes, [Scope::Tools, Scope::Author, Scope::Server("weather".to_owned())]);
        assert_eq!(scope_text(&scopes), "mcp:tools mcp:author server:weather");
        assert_eq!(parse_scopes(&scope_text(&scopes)), scopes);
        assert!(parse_scopes("").is_empty());
    }
}
