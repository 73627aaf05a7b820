//! Who we are to an authorization server.

use std::sync::Arc;

use mcpbox_core::source_login::{LoginClient, LoginError, LoginRequest};
use rmcp::transport::auth::OAuthClientConfig;
use secrecy::ExposeSecret;
use serde_json::Value;

use super::{
    Kept,
    discover::Found,
    explain,
    gate::{Gate, shown},
    manager,
};

/// What we are called where people allow us in.
const NAME: &str = "MCPbox";

/// Who we are there.
pub(super) struct Identity {
    pub(super) client_id: String,
    pub(super) client_secret: Option<String>,
    pub(super) is_entered: bool,
}

/// Who we are there: what a human entered, now or before; else a document that is read there; else whoever we register as.
pub(super) async fn identity(gate: &Arc<Gate>, found: &Found, request: &LoginRequest) -> Result<Identity, LoginError> {
    if let Some(LoginClient { id, secret }) = &request.client {
        let client_secret = secret.as_ref().map(|secret| secret.expose_secret().to_owned());
        return Ok(Identity { client_id: id.clone(), client_secret, is_entered: true });
    }
    let before = request.before.as_ref().and_then(|before| Kept::read(before).ok());
    if let Some(before) = before.filter(|before| before.is_entered && before.metadata.issuer == found.metadata.issuer) {
        let Kept { client_id, client_secret, is_entered, .. } = before;
        return Ok(Identity { client_id, client_secret, is_entered });
    }
    let reads = found.metadata.additional_fields.get("client_id_metadata_document_supported");
    if let (Some(document), Some(Value::Bool(true))) = (&request.document, reads) {
        return Ok(Identity { client_id: document.clone(), client_secret: None, is_entered: false });
    }
    if found.metadata.registration_endpoint.is_none() {
        let issuer = shown(found.metadata.issuer.as_deref().unwrap_or_default());
        return Err(LoginError::Failed(format!(
            "{issuer} lets no client register by itself: make one there, with {} as its redirect address, and enter its id here",
            request.redirect_uri
        )));
    }
    let mut manager = manager(gate, &found.resource, &found.metadata).await?;
    let kind = if request.redirect_uri.starts_with("https://") { "web" } else { "native" };
    let config = OAuthClientConfig::new(NAME, &request.redirect_uri).with_application_type(kind);
    manager.configure_client(config).map_err(|error| explain(&error, gate))?;
    let scopes: Vec<&str> = found.scopes.iter().map(String::as_str).collect();
    let registered = manager.register_client(NAME, &request.redirect_uri, &scopes).await;
    let registered = registered.map_err(|error| explain(&error, gate))?;
    let OAuthClientConfig { client_id, client_secret, .. } = registered;
    Ok(Identity { client_id, client_secret, is_entered: false })
}
