//! Who asks, and the least role of every operation: the type that a handler extracts. On the listener only a session cookie
//! counts; on the command line's socket being the same user is enough to read and to call, and whatever decides or grants needs the
//! password of somebody with that role (`Authorization: Basic`): an LLM with a shell runs as the same user and must not approve
//! its own tool.
//!
//! | extractor | least role | on the socket without a password |
//! | --- | --- | --- |
//! | [`Viewer`] | viewer | yes |
//! | [`Maker`] | reviewer | yes |
//! | [`Keeper`] | admin | yes |
//! | [`Member`] | viewer | no |
//! | [`Decider`] | reviewer | no |
//! | [`Administrator`] | admin | no |

use axum::extract::FromRequestParts;
use base64::{Engine, prelude::BASE64_STANDARD};
use http::{HeaderMap, HeaderValue, header, request::Parts};
use mcpbox_catalog::{Admin, Caller, CatalogError, Reviewer, SignedIn, session};
use secrecy::{ExposeSecret, SecretString};

use crate::{
    peer::{Https, Peer},
    problem::Problem,
    state::AdminState,
};

const COOKIE: &str = "mcpbox_session";
const COOKIE_HTTPS: &str = "__Host-mcpbox_session";
const OIDC_COOKIE: &str = "mcpbox_oidc";
const SOURCE_COOKIE: &str = "mcpbox_source_login";
/// One-time code that goes with a password on the socket.
const CODE: &str = "x-mcpbox-code";

/// Whoever may read.
#[derive(Debug)]
pub(crate) enum Viewer {
    /// A human, proven.
    Human(SignedIn),
    /// The command line of the user MCPbox runs as.
    Cli,
}

impl Viewer {
    /// As the catalog wants it.
    pub(crate) fn caller(&self) -> Caller<'_> {
        match self {
            Self::Human(human) => Caller::Human(human),
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
        prove(parts, state, peer).await.map(Self::Human)
    }
}

/// Whoever may make, call and stop what clients may as well.
#[derive(Debug)]
pub(crate) struct Maker(Viewer);

impl Maker {
    /// As the catalog wants it.
    pub(crate) fn caller(&self) -> Caller<'_> {
        self.0.caller()
    }
}

impl FromRequestParts<AdminState> for Maker {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AdminState) -> Result<Self, Problem> {
        let viewer = Viewer::from_request_parts(parts, state).await?;
        if let Viewer::Human(human) = &viewer {
            human.clone().reviewer()?;
        }
        Ok(Self(viewer))
    }
}

/// Whoever may delete.
#[derive(Debug)]
pub(crate) struct Keeper(Viewer);

impl Keeper {
    /// As the catalog wants it.
    pub(crate) fn caller(&self) -> Caller<'_> {
        self.0.caller()
    }
}

impl FromRequestParts<AdminState> for Keeper {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AdminState) -> Result<Self, Problem> {
        let viewer = Viewer::from_request_parts(parts, state).await?;
        if let Viewer::Human(human) = &viewer {
            human.clone().admin()?;
        }
        Ok(Self(viewer))
    }
}

/// A human with an account, for what concerns that account alone.
#[derive(Debug)]
pub(crate) struct Member(pub(crate) SignedIn);

impl FromRequestParts<AdminState> for Member {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AdminState) -> Result<Self, Problem> {
        let peer = peer_of(parts, state).await;
        prove(parts, state, peer).await.map(Self)
    }
}

/// A human who may decide.
#[derive(Debug)]
pub(crate) struct Decider(pub(crate) Reviewer);

impl FromRequestParts<AdminState> for Decider {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AdminState) -> Result<Self, Problem> {
        let Member(human) = Member::from_request_parts(parts, state).await?;
        Ok(Self(human.reviewer()?))
    }
}

/// A human who may do everything.
#[derive(Debug)]
pub(crate) struct Administrator(pub(crate) Admin);

impl FromRequestParts<AdminState> for Administrator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AdminState) -> Result<Self, Problem> {
        let Member(human) = Member::from_request_parts(parts, state).await?;
        Ok(Self(human.admin()?))
    }
}

async fn peer_of(parts: &mut Parts, state: &AdminState) -> Peer {
    match Peer::from_request_parts(parts, state).await {
        Ok(peer) => peer,
        Err(never) => match never {},
    }
}

async fn prove(parts: &Parts, state: &AdminState, peer: Peer) -> Result<SignedIn, Problem> {
    match peer {
        Peer::Socket => by_password(&parts.headers, state).await,
        Peer::Address(_) => by_session(&parts.headers, state.https(&parts.extensions), state).await,
    }
}

async fn by_session(headers: &HeaderMap, https: Https, state: &AdminState) -> Result<SignedIn, Problem> {
    let Some(token) = session_token(headers, https) else {
        return Err(Problem::unauthenticated("Log in first: POST /api/session with username and password."));
    };
    session::signed_in_from_session(&state.catalog, &token).await.map_err(|error| match error {
        CatalogError::Unauthenticated(_) => Problem::unauthenticated(
            "The session has ended. Log in again: POST /api/session with username and password.",
        ),
        other => other.into(),
    })
}

/// Only one password is checked at a time, and wrong ones are counted, so that a program of the same user cannot guess.
async fn by_password(headers: &HeaderMap, state: &AdminState) -> Result<SignedIn, Problem> {
    let Some((username, password)) = basic_credentials(headers) else {
        return Err(Problem::unauthenticated(
            "This needs the password of somebody who may, because it decides or grants: give --username and enter the password, \
             or use --password-stdin.",
        ));
    };
    let _turn = state.password_turn.lock().await;
    state.limits.may_try_password()?;
    let code = headers.get(CODE).and_then(|code| code.to_str().ok()).map(SecretString::from);
    let proven = session::signed_in_from_password(&state.catalog, &username, &password, code.as_ref()).await;
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
    cookie(headers, cookie_name(https))
}

fn cookie(headers: &HeaderMap, wanted: &str) -> Option<SecretString> {
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

/// The cookie that binds a login at the OpenID provider to this browser. It must come along when the provider sends the browser
/// back, so it is `Lax`; it opens nothing.
pub(crate) fn oidc_cookie(token: Option<&SecretString>, Https(https): Https) -> Option<HeaderValue> {
    let secure = if https { "; Secure" } else { "" };
    let (value, age) = token.map_or(("", 0), |token| (token.expose_secret(), 600));
    let text = format!("{OIDC_COOKIE}={value}; Path=/api/session/oidc; HttpOnly; SameSite=Lax; Max-Age={age}{secure}");
    let mut value = HeaderValue::from_str(&text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// The cookie that binds a login at an external source to this browser, likewise.
pub(crate) fn source_cookie(token: Option<&SecretString>, Https(https): Https) -> Option<HeaderValue> {
    let secure = if https { "; Secure" } else { "" };
    let (value, age) = token.map_or(("", 0), |token| (token.expose_secret(), 600));
    let text =
        format!("{SOURCE_COOKIE}={value}; Path=/api/sources/login; HttpOnly; SameSite=Lax; Max-Age={age}{secure}");
    let mut value = HeaderValue::from_str(&text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// What that cookie holds.
pub(crate) fn source_token(headers: &HeaderMap) -> Option<SecretString> {
    cookie(headers, SOURCE_COOKIE)
}

/// What the cookie of a login at the OpenID provider holds.
pub(crate) fn oidc_token(headers: &HeaderMap) -> Option<SecretString> {
    cookie(headers, OIDC_COOKIE)
}

fn cookie_name(Https(https): Https) -> &'static str {
    if https { COOKIE_HTTPS } else { COOKIE }
}

fn attributes(Https(https): Https) -> &'static str {
    if https { "; Path=/; HttpOnly; SameSite=Strict; Secure" } else { "; Path=/; HttpOnly; SameSite=Strict" }
}
