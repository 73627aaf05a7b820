//! Who may use the endpoint from elsewhere: whoever shows a token in the header, and nowhere else (RFC 6750, OAuth 2.1 section 5.1.1).

use std::sync::Arc;

use http::{HeaderMap, StatusCode, Uri, header};
use mcpbox_catalog::{CatalogError, access};
use mcpbox_core::principal::Principal;

use super::Remote;
use crate::{
    gateway::Gateway,
    http::{REFUSED, Refusal},
    toolset::Toolset,
};

/// Whoever sends this request, by its token.
///
/// # Errors
/// 401 that says where to get a token (RFC 9728, section 5.1), or 503.
pub(crate) async fn admit(
    gateway: &Arc<Gateway>,
    remote: &Remote,
    (uri, headers): (&Uri, &HeaderMap),
    toolset: &Toolset,
) -> Result<Principal, Refusal> {
    let Some(token) = token_of(headers) else {
        let message = "This address needs a login: a client that speaks OAuth begins at the URL in WWW-Authenticate.";
        return Err(challenge(remote, uri, toolset, None, message));
    };
    access::principal_of(&gateway.catalog, token).await.map_err(|error| match error {
        CatalogError::Unauthenticated(message) => challenge(remote, uri, toolset, Some("invalid_token"), &message),
        other => Refusal::new(StatusCode::SERVICE_UNAVAILABLE, REFUSED, other.into_failure().message),
    })
}

/// The token that a request shows: exactly one, in the header.
pub(crate) fn token_of(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (only, another) = (values.next()?, values.next());
    let (scheme, token) = only.to_str().ok()?.split_once(' ')?;
    (another.is_none() && scheme.eq_ignore_ascii_case("bearer")).then(|| token.trim())
}

fn challenge(remote: &Remote, uri: &Uri, toolset: &Toolset, error: Option<&str>, message: &str) -> Refusal {
    let metadata = metadata_of(remote, uri);
    let scope = match toolset {
        Toolset::Author => "mcp:tools mcp:author",
        _ => "mcp:tools",
    };
    let error = error.map_or_else(String::new, |error| format!("error=\"{error}\", "));
    let header = format!("Bearer {error}resource_metadata=\"{metadata}\", scope=\"{scope}\"");
    Refusal::new(StatusCode::UNAUTHORIZED, REFUSED, message).challenging(header)
}

/// Where the document about the endpoint at this path is (RFC 9728, section 3.1).
pub(super) fn metadata_of(remote: &Remote, uri: &Uri) -> String {
    remote.url(&format!("/.well-known/oauth-protected-resource{}", uri.path().trim_end_matches('/')))
}
