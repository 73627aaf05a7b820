//! A client asks for access, by a browser that a human sits at. The request is bound to that browser by a secret of its own.

use std::sync::Arc;

use chrono::TimeDelta;
use mcpbox_core::{
    event::LiveEvent,
    ids::AuthorizationRequestId,
    oauth::{AuthorizationRequest, RequestState, parse_scopes},
    principal::{Actor, Scope},
    token::TokenHash,
};
use mcpbox_store::oauth::requests;
use rand::{TryRng, rngs::SysRng};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::{
    clients,
    error::{ErrorCode, OAuthError},
    new_token, places, redirect, sweep,
};
use crate::{Catalog, CatalogError, change::Change};

/// How long a human has to decide.
const WAITS: TimeDelta = TimeDelta::minutes(10);
/// Longest `state`, bytes. Some clients put a whole JSON object there.
const STATE_MAX: usize = 4_096;
/// Letters of a code that humans compare: none that looks like another, no vowels that make words.
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";

/// What a client asks for (RFC 6749, section 4.1.1), as it came.
#[derive(Debug, Clone, Default)]
pub struct Ask {
    /// `client_id`.
    pub client_id: String,
    /// `redirect_uri`.
    pub redirect_uri: Option<String>,
    /// `response_type`.
    pub response_type: String,
    /// `state`.
    pub state: Option<String>,
    /// `code_challenge` (RFC 7636).
    pub code_challenge: String,
    /// `code_challenge_method`.
    pub code_challenge_method: String,
    /// `scope`.
    pub scope: String,
    /// `resource` (RFC 8707).
    pub resource: Option<String>,
    /// Address of the browser.
    pub origin: String,
}

/// A request that waits for a human, and the secret of its browser.
#[derive(Debug)]
pub struct Begun {
    /// The request.
    pub request: AuthorizationRequest,
    /// What the browser keeps.
    pub browser: SecretString,
}

/// What becomes of what was asked.
#[derive(Debug)]
pub enum Asked {
    /// A human decides.
    Begun(Box<Begun>),
    /// The client is told by way of the browser, at this address.
    Back(String),
}

/// Takes a request.
///
/// # Errors
/// The client or its redirect address is not known: only the human is told, and nobody is redirected (RFC 6749, section 4.1.2.1).
pub async fn begin(cat: &Arc<Catalog>, ask: Ask) -> Result<Asked, OAuthError> {
    let (client, redirect_uri) = clients::find(cat, &ask.client_id, ask.redirect_uri.as_deref()).await?;
    let state = ask.state.clone();
    let scopes = match check(cat, &ask) {
        Ok(scopes) => scopes,
        Err(error) => return Ok(Asked::Back(back(cat, &redirect_uri, state.as_deref(), Err(&error)))),
    };
    let browser = SecretString::from(new_token("")?);
    let mut change = Change::begin(cat, Actor::client(&client.name, None)).await?;
    sweep(&change.tx, change.now).await?;
    places::make_room(&change, &ask.origin).await?;
    clients::remember(&change.tx, &client).await?;
    let request = AuthorizationRequest {
        id: AuthorizationRequestId::generate(),
        client_id: client.client_id.clone(),
        client_kind: client.kind,
        client_name: client.name.clone(),
        redirect_uri,
        state,
        code_challenge: ask.code_challenge,
        scopes,
        user_code: user_code()?,
        origin: ask.origin,
        progress: RequestState::Waiting,
        subject: None,
        authorization_id: None,
        created_at: change.now,
        expires_at: change.now + WAITS,
        looked_at: None,
    };
    requests::insert(&change.tx, &request, &TokenHash::of(browser.expose_secret())).await?;
    let detail = json!({"client": client.client_id, "redirect": request.redirect_uri, "origin": request.origin});
    change.audit("oauth.request", format!("request:{}", request.id), detail).await?;
    change.tell(LiveEvent::AccessChanged);
    change.commit().await?;
    Ok(Asked::Begun(Box::new(Begun { request, browser })))
}

/// The request of this browser, while something can still be done with it.
///
/// # Errors
/// `invalid_request` when there is none.
pub async fn look(
    cat: &Catalog,
    id: AuthorizationRequestId,
    browser: &SecretString,
) -> Result<AuthorizationRequest, OAuthError> {
    let found = requests::of_browser(&cat.store.reader(), id, &TokenHash::of(browser.expose_secret())).await?;
    found.filter(|request| cat.clock.now() < request.expires_at).ok_or_else(|| {
        OAuthError::request("this login has ended, or began in another browser; begin anew in the client")
    })
}

/// Where the browser goes with an answer: a code or an error, always with the issuer (RFC 9207).
pub(super) fn back(
    cat: &Catalog,
    redirect_uri: &str,
    state: Option<&str>,
    answer: Result<&str, &OAuthError>,
) -> String {
    let issuer = cat.access.issuer();
    let mut parameters = match answer {
        Ok(code) => vec![("code", code)],
        Err(error) => vec![("error", error.code.as_str()), ("error_description", error.description.as_str())],
    };
    parameters.extend(state.map(|state| ("state", state)));
    parameters.push(("iss", issuer));
    redirect::with(redirect_uri, &parameters)
}

fn check(cat: &Catalog, ask: &Ask) -> Result<Vec<Scope>, OAuthError> {
    if ask.response_type != "code" {
        return Err(OAuthError::new(ErrorCode::UnsupportedResponseType, "response_type must be code"));
    }
    let challenge = ask.code_challenge.as_bytes();
    let is_challenge = challenge.len() == 43 && challenge.iter().all(|byte| is_base64url(*byte));
    if ask.code_challenge_method != "S256" || !is_challenge {
        return Err(OAuthError::request("a code_challenge of the method S256 is needed"));
    }
    if ask.state.as_ref().is_some_and(|state| state.len() > STATE_MAX) {
        return Err(OAuthError::request("state is longer than 4096 bytes"));
    }
    check_resource(cat, ask.resource.as_deref())?;
    match parse_scopes(&ask.scope) {
        scopes if !scopes.is_empty() => Ok(scopes),
        // What others call offline_access or openid is no scope here, and what is not asked for is the least.
        _ => Ok(vec![Scope::Tools]),
    }
}

fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

/// Refuses a token for another server. Clients name this one as a whole, its endpoint, or a part of that; or nothing.
pub(super) fn check_resource(cat: &Catalog, resource: Option<&str>) -> Result<(), OAuthError> {
    let Some(resource) = resource else { return Ok(()) };
    let ours = cat.access.resource().unwrap_or_default();
    let asked = resource.trim_end_matches('/');
    if asked == ours
        || asked == cat.access.issuer()
        || asked.strip_prefix(ours).is_some_and(|rest| rest.starts_with('/'))
    {
        return Ok(());
    }
    Err(OAuthError::new(ErrorCode::InvalidTarget, format!("resource must be {ours}")))
}

/// Eight letters, such as `BCDF-GHJK`.
fn user_code() -> Result<String, CatalogError> {
    let mut code = String::with_capacity(9);
    while code.len() < 9 {
        let mut byte = [0_u8; 1];
        SysRng.try_fill_bytes(&mut byte).map_err(CatalogError::internal)?;
        // 240 is the last multiple of 20: each letter is as likely as the others.
        let [byte] = byte;
        let letter = LETTERS.get(usize::from(byte) % LETTERS.len()).filter(|_| byte < 240);
        if let Some(letter) = letter {
            code.push(char::from(*letter));
            if code.len() == 4 {
                code.push('-');
            }
        }
    }
    Ok(code)
}
