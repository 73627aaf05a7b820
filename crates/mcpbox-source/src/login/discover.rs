//! Who logs people in for a source: its metadata as a protected resource ([RFC 9728](https://www.rfc-editor.org/rfc/rfc9728)),
//! then that of the authorization server it names ([RFC 8414](https://www.rfc-editor.org/rfc/rfc8414), or OpenID Connect).
//! The library could do it too, but never asks a server at a private address, and a home is full of those; what may be
//! contacted is the gate's business here.

use bytes::Bytes;
use rmcp::transport::auth::{AuthorizationMetadata, WWWAuthenticateParams};
use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::gate::{Gate, Shut, shown};
use crate::http::JSON;

/// Authorization servers of one source that are looked at.
const SERVERS_MAX: usize = 3;

/// What was found.
#[derive(Debug)]
pub(super) struct Found {
    /// What tokens are asked for, as it was published.
    pub(super) resource: String,
    /// The authorization server.
    pub(super) metadata: AuthorizationMetadata,
    /// Scopes to ask for.
    pub(super) scopes: Vec<String>,
}

#[derive(Deserialize)]
struct Resource {
    resource: String,
    #[serde(default)]
    authorization_servers: Vec<String>,
    #[serde(default)]
    scopes_supported: Vec<String>,
}

/// Looks for it.
///
/// # Errors
/// A human must allow an origin first, or a sentence.
pub(super) async fn discover(gate: &Gate, url: &Url) -> Result<Found, Shut> {
    let challenge = challenge(gate, url).await?;
    let advertised = challenge.as_ref().and_then(|challenge| challenge.resource_metadata_url.clone());
    let resource = resource(gate, url, advertised).await?;
    let (resource, issuers, scopes) = match resource {
        Some(found) => (found.resource, found.authorization_servers, found.scopes_supported),
        // As it was before 2025-06-18: the source is its own authorization server.
        None => (url.to_string(), vec![url.origin().ascii_serialization()], Vec::new()),
    };
    let asked = challenge.and_then(|challenge| challenge.scope);
    let scopes = asked.map_or(scopes, |asked| asked.split_whitespace().map(str::to_owned).collect());
    for issuer in issuers.iter().take(SERVERS_MAX) {
        if let Some(metadata) = server(gate, issuer).await? {
            check_server(&metadata)?;
            let scopes = with_offline_access(scopes, &metadata);
            return Ok(Found { resource, metadata, scopes });
        }
    }
    let named: Vec<_> = issuers.iter().take(SERVERS_MAX).map(|issuer| shown(issuer)).collect();
    Err(Shut::Silent(match named.is_empty() {
        true => "the source does not say where one logs in".to_owned(),
        false => format!("the source sends people to {} to log in, but there is no OAuth server", named.join(", ")),
    }))
}

/// What the source answers to somebody it does not know.
async fn challenge(gate: &Gate, url: &Url) -> Result<Option<WWWAuthenticateParams>, Shut> {
    let hello = json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {},
        "clientInfo": {"name": "mcpbox", "version": env!("CARGO_PKG_VERSION")},
    }});
    let headers = [("accept", "application/json, text/event-stream"), ("content-type", JSON)];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let answer = gate.open("POST", url, headers, Bytes::from(hello.to_string())).await?;
    if answer.status != 401 {
        return Ok(None);
    }
    let challenges = answer.headers.iter().filter(|(name, _)| name == "www-authenticate");
    let mut read = challenges.map(|(_, value)| WWWAuthenticateParams::parse(value, url));
    Ok(read.find(|params| params.resource_metadata_url.is_some() || params.scope.is_some()))
}

/// What the source says of itself: where it said so, else at the well-known places.
async fn resource(gate: &Gate, url: &Url, advertised: Option<Url>) -> Result<Option<Resource>, Shut> {
    let path = url.path().trim_end_matches('/');
    let well_known =
        ["/.well-known/oauth-protected-resource".to_owned() + path, "/.well-known/oauth-protected-resource".to_owned()];
    let places = advertised.into_iter().chain(well_known.iter().map(|path| at(url, path)));
    for place in places {
        let Some(found) = gate.document::<Resource>(&place).await? else { continue };
        if !covers(&found.resource, url) {
            let message =
                format!("what the source says of itself is about {}, which is another one", shown(&found.resource));
            return Err(Shut::Never(message));
        }
        return Ok(Some(found));
    }
    Ok(None)
}

/// Whether a resource is this address, or one above it. A token for another one could be used there.
fn covers(resource: &str, url: &Url) -> bool {
    let Ok(resource) = Url::parse(resource) else { return false };
    let path = resource.path().trim_end_matches('/');
    let rest = url.path().strip_prefix(path);
    resource.origin() == url.origin()
        && resource.fragment().is_none()
        && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The metadata of an authorization server, which must be about that very one.
async fn server(gate: &Gate, issuer: &str) -> Result<Option<AuthorizationMetadata>, Shut> {
    let Ok(url) = Url::parse(issuer) else { return Ok(None) };
    let path = url.path().trim_end_matches('/').to_owned();
    let places = [
        format!("/.well-known/oauth-authorization-server{path}"),
        format!("/.well-known/openid-configuration{path}"),
        format!("{path}/.well-known/openid-configuration"),
    ];
    for place in places {
        let Some(found) = gate.document::<AuthorizationMetadata>(&at(&url, &place)).await? else { continue };
        let told = found.issuer.as_deref().unwrap_or_default();
        if told.trim_end_matches('/') != issuer.trim_end_matches('/') {
            let message = format!("{} says that it is {}, so nobody logs in there", shown(issuer), shown(told));
            return Err(Shut::Never(message));
        }
        return Ok(Some(found));
    }
    Ok(None)
}

/// What is needed of it, besides addresses.
fn check_server(metadata: &AuthorizationMetadata) -> Result<(), Shut> {
    let methods = metadata.code_challenge_methods_supported.as_deref().unwrap_or_default();
    if methods.iter().any(|method| method == "S256") {
        return Ok(());
    }
    let issuer = shown(metadata.issuer.as_deref().unwrap_or_default());
    Err(Shut::Never(format!("{issuer} does not say that it protects logins with PKCE (S256), which is required")))
}

fn with_offline_access(mut scopes: Vec<String>, metadata: &AuthorizationMetadata) -> Vec<String> {
    const OFFLINE: &str = "offline_access";
    let has = |scopes: &[String]| scopes.iter().any(|scope| scope == OFFLINE);
    if has(metadata.scopes_supported.as_deref().unwrap_or_default()) && !has(&scopes) {
        scopes.push(OFFLINE.to_owned());
    }
    scopes
}

fn at(url: &Url, path: &str) -> Url {
    let mut place = url.clone();
    place.set_path(path);
    place.set_query(None);
    place.set_fragment(None);
    place
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_asked_for_this_source_or_what_is_above_it() {
        let url = Url::parse("https://mcp.example.com/team/mcp").unwrap();
        for fine in ["https://mcp.example.com", "https://mcp.example.com/team", "https://mcp.example.com/team/mcp"] {
            assert!(covers(fine, &url), "{fine}");
        }
        for other in
            ["https://mcp.example.com/te", "https://evil.example/team/mcp", "http://mcp.example.com/team/mcp", "x"]
        {
            assert!(!covers(other, &url), "{other}");
        }
    }
}
