//! The OpenID provider that humans may log in with.

use axum::{Json as Body, extract::State};
use mcpbox_catalog::identity::{self, ProviderChange, ProviderCheck, ProviderView};

use crate::{api::Answer, auth::Administrator, extract::Json, state::AdminState};

/// Shows the provider; its client secret is never shown.
#[utoipa::path(get, path = "/oidc", tag = "oidc", responses((status = OK, body = ProviderView)))]
pub(crate) async fn show(State(state): State<AdminState>, Administrator(admin): Administrator) -> Answer<ProviderView> {
    Ok(Body(identity::provider(&state.catalog, &admin).await?))
}

/// Replaces the provider. Without a client secret the one that is there stays, unless the issuer is another.
#[utoipa::path(put, path = "/oidc", tag = "oidc", request_body = ProviderChange, responses((status = OK, body = ProviderView)))]
pub(crate) async fn replace(
    State(state): State<AdminState>,
    Administrator(admin): Administrator,
    Json(request): Json<ProviderChange>,
) -> Answer<ProviderView> {
    Ok(Body(identity::change_provider(&state.catalog, &admin, request).await?))
}

/// Asks the provider what it says of itself.
#[utoipa::path(post, path = "/oidc/check", tag = "oidc", responses((status = OK, body = ProviderCheck)))]
pub(crate) async fn check(
    State(state): State<AdminState>,
    Administrator(admin): Administrator,
) -> Answer<ProviderCheck> {
    Ok(Body(identity::check_provider(&state.catalog, &admin).await?))
}
