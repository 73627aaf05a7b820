//! Who we are, for authorization servers that read it at our public address.

use mcpbox_core::source::SourceAuth;
use serde_json::{Value, json};

use super::{super::find, CALLBACK};
use crate::{Catalog, CatalogError};

/// Where it is, below the public address.
pub const CLIENT_DOCUMENT: &str = "/oauth/source-client";

/// What we say of ourselves to authorization servers that read it at our address (client id metadata document); none while no
/// source wants a login, as it names the address of the admin page.
///
/// # Errors
/// The store cannot be read.
pub async fn client_document(cat: &Catalog) -> Result<Option<Value>, CatalogError> {
    let Some(client_id) = client_id(cat) else { return Ok(None) };
    let sources = find::all(&cat.store.reader()).await?;
    let is_wanted = sources.iter().any(|source| source.rule().auth == SourceAuth::Oauth);
    Ok(is_wanted.then(|| {
        json!({
            "client_id": client_id,
            "client_name": "MCPbox",
            "redirect_uris": [cat.admin_page(CALLBACK)],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
        })
    }))
}

/// Where that document is; only at an address that others can trust.
pub(super) fn client_id(cat: &Catalog) -> Option<String> {
    let public = cat.access.issuer();
    public.starts_with("https://").then(|| format!("{public}{CLIENT_DOCUMENT}"))
}
