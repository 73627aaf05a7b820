//! Where things are (RFC 8414, RFC 9728): clients ask for these documents in every form that a specification ever had.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::get,
};
use http::{HeaderValue, StatusCode, header};
use mcpbox_catalog::source;
use serde_json::{Value, json};

use super::Remote;
use crate::gateway::Gateway;

/// Scopes that everybody may ask for. Those of single servers are not told: their names are nobody's business.
const SCOPES: [&str; 2] = ["mcp:tools", "mcp:author"];

/// The routes of the documents.
pub(super) fn router(remote: &Remote) -> Router<Arc<Gateway>> {
    let server = authorization_server(remote);
    let server = move || {
        let document = server.clone();
        async move { answer(&document) }
    };
    let (of_all, of_path) = (remote.clone(), remote.clone());
    let resource = move || async move { answer(&protected_resource(&of_all, "/mcp")) };
    let resource_at = move |Path(path): Path<String>| async move {
        match is_endpoint(&path) {
            true => answer(&protected_resource(&of_path, &format!("/{path}"))),
            false => StatusCode::NOT_FOUND.into_response(),
        }
    };
    let mut router = Router::new()
        .route("/.well-known/oauth-protected-resource", get(resource.clone()))
        .route("/mcp/.well-known/oauth-protected-resource", get(resource))
        .route("/.well-known/oauth-protected-resource/{*path}", get(resource_at));
    for name in ["oauth-authorization-server", "openid-configuration"] {
        let at = server.clone();
        let at_path = move |Path(path): Path<String>| async move {
            if is_endpoint(&path) { at().await } else { StatusCode::NOT_FOUND.into_response() }
        };
        router = router
            .route(&format!("/.well-known/{name}"), get(server.clone()))
            .route(&format!("/.well-known/{name}/{{*path}}"), get(at_path))
            .route(&format!("/mcp/.well-known/{name}"), get(server.clone()));
    }
    router
}

/// Whether MCP is spoken at this path (without the slash it begins with).
fn is_endpoint(path: &str) -> bool {
    path == "mcp" || path.starts_with("mcp/")
}

/// What there is to know about the endpoint at `path` (RFC 9728, section 2).
fn protected_resource(remote: &Remote, path: &str) -> Value {
    json!({
        "resource": remote.url(path.trim_end_matches('/')),
        "authorization_servers": [remote.public_url],
        "scopes_supported": SCOPES,
        "bearer_methods_supported": ["header"],
        "resource_name": "MCPbox",
    })
}

/// What there is to know about the authorization server (RFC 8414, section 2).
fn authorization_server(remote: &Remote) -> Value {
    json!({
        "issuer": remote.public_url,
        "authorization_endpoint": remote.url("/oauth/authorize"),
        "token_endpoint": remote.url("/oauth/token"),
        "revocation_endpoint": remote.url("/oauth/revoke"),
        "registration_endpoint": remote.url("/oauth/register"),
        "scopes_supported": SCOPES,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["none"],
        "revocation_endpoint_auth_methods_supported": ["none"],
        "client_id_metadata_document_supported": true,
        "authorization_response_iss_parameter_supported": true,
    })
}

/// Who this MCPbox is where it logs in to sources, for servers that read it here; only while there is such a source.
pub(super) async fn source_client(State(gateway): State<Arc<Gateway>>) -> Response {
    match source::client_document(&gateway.catalog).await {
        Ok(Some(document)) => answer(&document),
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => {
            tracing::error!(%error, "it could not be read whether there are sources with a login");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

/// The same for everybody, and the same tomorrow; but a changed address must be seen soon.
fn answer(document: &Value) -> Response {
    let mut response = Json(document).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    response
}
