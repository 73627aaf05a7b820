//! A token that is good, but not for this: the client is told everything that it needs at once, so that a human is asked once (MCP
//! authorization, "Scope Challenge Handling"; RFC 6750, section 3.1).

use http::{StatusCode, Uri};
use mcpbox_core::{
    oauth::scope_text,
    principal::{Principal, Scope},
};
use serde::Deserialize;

use super::{Remote, bearer::metadata_of};
use crate::{
    http::{REFUSED, Refusal},
    tools,
    toolset::Toolset,
};

#[derive(Deserialize)]
struct Message<'a> {
    method: Option<&'a str>,
    #[serde(borrow)]
    params: Option<Params<'a>>,
}

#[derive(Deserialize)]
struct Params<'a> {
    #[serde(borrow)]
    name: Option<std::borrow::Cow<'a, str>>,
}

/// Refuses what lies at a path that this principal's scopes do not cover.
///
/// # Errors
/// 403 that names the scopes.
pub(crate) fn check_path(remote: &Remote, uri: &Uri, who: &Principal, toolset: &Toolset) -> Result<(), Refusal> {
    let missing = match toolset {
        Toolset::Author if !who.may_author() => Scope::Author,
        Toolset::Server(name) if !who.may_call(name) => Scope::Server(name.clone()),
        _ => return Ok(()),
    };
    Err(insufficient(remote, uri, who, missing))
}

/// Refuses a call of a management tool that this principal's scopes do not cover.
///
/// # Errors
/// 403 that names the scopes.
pub(crate) fn check_message(remote: &Remote, uri: &Uri, who: &Principal, message: &[u8]) -> Result<(), Refusal> {
    if who.may_author() {
        return Ok(());
    }
    let Ok(message) = serde_json::from_slice::<Message<'_>>(message) else { return Ok(()) };
    let called = message.params.and_then(|params| params.name).filter(|_| message.method == Some("tools/call"));
    match called {
        Some(name) if tools::needs_author(&name) => Err(insufficient(remote, uri, who, Scope::Author)),
        _ => Ok(()),
    }
}

fn insufficient(remote: &Remote, uri: &Uri, who: &Principal, missing: Scope) -> Refusal {
    let mut scopes = match who {
        Principal::Local { .. } => Vec::new(),
        Principal::Remote { scopes, .. } => scopes.clone(),
    };
    scopes.push(missing);
    let message =
        "This access does not include what is asked for: log in again for the scopes named in WWW-Authenticate.";
    let challenge = format!(
        "Bearer error=\"insufficient_scope\", scope=\"{}\", resource_metadata=\"{}\"",
        scope_text(&scopes),
        metadata_of(remote, uri)
    );
    Refusal::new(StatusCode::FORBIDDEN, REFUSED, message).challenging(challenge)
}
