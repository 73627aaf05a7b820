//! Who asks. On the listener only a session cookie counts; on the command line's socket being the same user is enough
//! to read and to call, and whatever decides or grants needs an admin's password (`Authorization: Basic`): an LLM with
//! a shell runs as the same user and must not approve its own tool.

use axum::extract::FromRequestParts;
use base64::{Engine, prelude::BASE64_STANDARD};
use http::{HeaderMap, HeaderValue, header, request::Parts};
use mcpbox_catalog::{Caller, CatalogError, Reviewer, session};
use secrecy::{ExposeSecret, SecretString};

use crate::{
    peer::{Https, Peer},
    problem::Problem,
    state::AdminState,
};

const COOKIE: &str = "mcpbox_session";
const COOKIE_HTTPS: &str = "__Host-mcpbox_session";

/// Whoever may read and call.
#[derive(Debug)]
pub(crate) enum Viewer {
    /// A human, proven.
    Reviewer(Reviewer),
    /// The command line of the user MCPbox runs as.
    Cli,
}

impl Viewer {
    /// As the catalog wants it.
    pub(crate) fn caller(&self) -> Caller<'_> {
        match self {
            Self::Reviewer(reviewer) => Caller::Reviewer(reviewer),
            Self::Cli => Caller::Cli,
        }
    }
}

impl FromRequestParts<AdminState> for Viewer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AdminState) -> Result<Self, Problem> {
        let peer = peer_of(parts, state).await;
        if peer == Peer::Socket && !parts.headers.contains_key(header::AUTHORIZATION) {
            return Ok(Self::Cli);
        }
        prove(parts, state, peer).await.map(Self::Reviewer)
    }
}

/// A human who may decide.
#[derive(Debug)]
pub(crate) struct Decider(pub(crate) Reviewer);

impl FromRequestParts<AdminState> for Decider {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AdminState) -> Result<Self, Problem> {
        let peer = peer_of(parts, state).await;
        prove(parts, state, peer).await.map(Self)
    }
}

async fn peer_of(parts: &mut Parts, state: &AdminState) -> Peer {
    match Peer::from_request_parts(parts, state).await {
        Ok(peer) => peer,
        Err(never) => match never {},
    }
}

async fn prove(parts: &Parts, state: &AdminState, peer: Peer) -> Result<Reviewer, Problem> {
    match peer {
        Peer::Socket => by_password(&parts.headers, state).await,
        Peer::Address(_) => by_session(&parts.headers, state.https(&parts.extensions), state).await,
    }
}

async fn by_session(headers: &HeaderMap, https: Https, state: &AdminState) -> Result<Reviewer, Problem> {
    let Some(token) = session_token(headers, https) else {
        return Err(Problem::unauthenticated("Log in first: POST /api/session with username and password."));
    };
    session::reviewer_from_session(&state.catalog, &token).await.map_err(|error| match error {
        CatalogError::Unauthenticated(_) => Problem::unauthenticated(
            "The session has ended. Log in again: POST /api/session with username and password.",
        ),
        other => other.into(),
    })
}

/// Only one password is checked at a time, and wrong ones are counted, so that a program of the same user cannot guess.
async fn by_password(headers: &HeaderMap, state: &AdminState) -> Result<Reviewer, Problem> {
    let Some((username, password)) = basic_credentials(headers) else {
        return Err(Problem::unauthenticated(
            "This needs the password of an admin, because it decides or grants: give --username and enter the password, \
             or use --password-stdin.",
        ));
    };
    let _turn = state.password_turn.lock().await;
    state.limits.may_try_password()?;
    let proven = session::reviewer_from_password(&state.catalog, &username, &password).await;
    if matches!(proven, Err(CatalogError::Unauthenticated(_))) {
        state.limits.wrong_password();
    }
    Ok(proven?)
}

fn basic_credentials(headers: &HeaderMap) -> Option<(String, SecretString)> {
    let (scheme, encoded) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = SecretString::from(String::from_utf8(BASE64_STANDARD.decode(encoded.trim()).ok()?).ok()?);
    let (username, password) = decoded.expose_secret().split_once(':')?;
    Some((username.to_owned(), SecretString::from(password)))
}

/// The session token of the cookie, if exactly one is sent.
pub(crate) fn session_token(headers: &HeaderMap, https: Https) -> Option<SecretString> {
    let wanted = cookie_name(https);
    let mut found = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, _)| *name == wanted)
        .map(|(_, value)| value);
    match (found.next(), found.next()) {
        (Some(token), None) if !token.is_empty() => Some(SecretString::from(token)),
        _ => None,
    }
}

/// The cookie that starts a session. It lasts as long as the browser runs and the server agrees.
pub(crate) fn session_cookie(token: &SecretString, https: Https) -> Option<HeaderValue> {
    let text = format!("{}={}{}", cookie_name(https), token.expose_secret(), attributes(https));
    let mut value = HeaderValue::from_str(&text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// The cookie that ends it.
pub(crate) fn expired_cookie(https: Https) -> Option<HeaderValue> {
    HeaderValue::from_str(&format!("{}={}; Max-Age=0", cookie_name(https), attributes(https))).ok()
}

fn cookie_name(Https(https): Https) -> &'static str {
    if https { COOKIE_HTTPS } else { COOKIE }
}

fn attributes(Https(https): Https) -> &'static str {
    if https { "; Path=/; HttpOnly; SameSite=Strict; Secure" } else { "; Path=/; HttpOnly; SameSite=Strict" }
}
