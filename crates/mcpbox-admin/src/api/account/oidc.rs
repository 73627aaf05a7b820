//! `/api/account/oidc`: accounts at the OpenID provider that log in to one's own.

use axum::{extract::State, response::Response};
use http::StatusCode;
use mcpbox_catalog::identity;

use super::OwnPassword;
use crate::{
    api::session::oidc::{OidcGo, go},
    auth::Member,
    extract::Json,
    peer::{Https, Peer},
    problem::Problem,
    state::AdminState,
};

/// Begins to let an account at the provider log in to one's own.
#[utoipa::path(
    post, path = "/account/oidc", tag = "account", request_body = OwnPassword,
    responses((status = OK, body = OidcGo, description = "Go there with the cookie that is set"))
)]
pub(crate) async fn link(
    State(state): State<AdminState>,
    peer: Peer,
    https: Https,
    Member(human): Member,
    Json(request): Json<OwnPassword>,
) -> Result<Response, Problem> {
    state.limits.login(peer)?;
    go(https, identity::start_oidc_link(&state.catalog, &human, &request.password).await?)
}

/// Takes the accounts at the provider off one's own.
#[utoipa::path(
    post, path = "/account/oidc/remove", tag = "account", request_body = OwnPassword,
    responses((status = NO_CONTENT, description = "Removed"))
)]
pub(crate) async fn unlink(
    State(state): State<AdminState>,
    peer: Peer,
    Member(human): Member,
    Json(request): Json<OwnPassword>,
) -> Result<StatusCode, Problem> {
    state.limits.login(peer)?;
    identity::unlink_oidc(&state.catalog, &human, &request.password).await?;
    Ok(StatusCode::NO_CONTENT)
}
