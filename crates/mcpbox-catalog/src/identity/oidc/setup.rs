//! Which provider there is, as an admin sets it up.

use std::sync::Arc;

use mcpbox_core::{failure::FailureKind, oidc::Provider};
use mcpbox_store::oidc_provider;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{CALLBACK, exchange};
use crate::{Admin, Catalog, CatalogError, change::Change, error::refused};

/// The provider as an admin sees it.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProviderView {
    /// The provider and who may come in.
    pub provider: Provider,
    /// Whether a client secret is set. It is never shown.
    pub has_secret: bool,
    /// What to register with the provider as redirect URL of the admin page.
    pub redirect_url: String,
    /// What to register besides for logins of remote clients; none without remote access.
    pub remote_redirect_url: Option<String>,
}

/// What an admin sets.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ProviderChange {
    /// The provider and who may come in.
    pub provider: Provider,
    /// A new client secret; absent keeps the one that is there, empty removes it.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, write_only))]
    pub secret: Option<SecretString>,
}

/// What came of asking the provider.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProviderCheck {
    /// Where people are sent to log in.
    pub authorization_url: String,
}

/// The provider, as it is set up.
///
/// # Errors
/// The store cannot be read.
pub async fn provider(cat: &Catalog, _: &Admin) -> Result<ProviderView, CatalogError> {
    let (provider, has_secret) = oidc_provider::load(&cat.store.reader()).await?.unwrap_or_default();
    let remote_redirect_url = crate::oauth::callback(cat);
    Ok(ProviderView { provider, has_secret, redirect_url: cat.admin_page(CALLBACK), remote_redirect_url })
}

/// Changes the provider.
///
/// # Errors
/// Something is missing or too long.
pub async fn change_provider(
    cat: &Arc<Catalog>,
    who: &Admin,
    wanted: ProviderChange,
) -> Result<ProviderView, CatalogError> {
    exchange::check(&wanted.provider)?;
    let mut change = Change::begin(cat, who.actor()).await?;
    let before = oidc_provider::load(&change.tx).await?.map(|(provider, _)| provider).unwrap_or_default();
    oidc_provider::save(&change.tx, &wanted.provider, change.now).await?;
    if let Some(secret) = &wanted.secret {
        let kept = Some(secret).filter(|secret| !secret.expose_secret().is_empty());
        oidc_provider::set_secret(&change.tx, kept).await?;
    } else if before.issuer != wanted.provider.issuer {
        // A secret goes to the provider it was given for and to no other.
        oidc_provider::set_secret(&change.tx, None).await?;
    }
    let detail = json!({"before": before, "after": wanted.provider, "new_secret": wanted.secret.is_some()});
    change.audit("oidc.change", "oidc".to_owned(), detail).await?;
    change.touch_settings();
    change.commit().await?;
    provider(cat, who).await
}

/// Asks the provider what it says of itself.
///
/// # Errors
/// `unavailable` with why.
pub async fn check_provider(cat: &Arc<Catalog>, _: &Admin) -> Result<ProviderCheck, CatalogError> {
    let (provider, _) = oidc_provider::load(&cat.store.reader()).await?.unwrap_or_default();
    Ok(ProviderCheck { authorization_url: exchange::ask(cat, provider).await?.authorization_url() })
}

/// The name of the provider that is offered, if one is.
///
/// # Errors
/// The store cannot be read.
pub async fn offered_provider(cat: &Catalog) -> Result<Option<String>, CatalogError> {
    let found = oidc_provider::load(&cat.store.reader()).await?.filter(|(provider, _)| provider.is_on);
    Ok(found.map(|(provider, _)| if provider.name.is_empty() { "OpenID".to_owned() } else { provider.name }))
}

/// The provider, where it is switched on.
pub(super) async fn in_use(cat: &Catalog) -> Result<Provider, CatalogError> {
    let found = oidc_provider::load(&cat.store.reader()).await?.map(|(provider, _)| provider);
    found
        .filter(|provider| provider.is_on)
        .ok_or_else(|| refused(FailureKind::NotFound, "no OpenID provider is switched on"))
}
