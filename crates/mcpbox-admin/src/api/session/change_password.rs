//! `PUT /api/session/password`: a new password; all sessions of the account end.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use mcpbox_catalog::session;
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    auth::{self, Member},
    extract::Json,
    peer::{Https, Peer},
    problem::Problem,
    state::AdminState,
};

/// Old and new password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordChange {
    /// The password so far.
    #[schema(value_type = String, write_only, format = Password)]
    old: SecretString,
    /// The new one, 10 to 1024 characters.
    #[schema(value_type = String, write_only, format = Password)]
    new: SecretString,
}

/// Changes one's own password. Log in again afterwards.
#[utoipa::path(
    put, path = "/session/password", tag = "session", request_body = PasswordChange,
    responses((status = NO_CONTENT, description = "Changed; all sessions of the account have ended"))
)]
pub(crate) async fn change_password(
    State(state): State<AdminState>,
    peer: Peer,
    https: Https,
    Member(human): Member,
    Json(request): Json<PasswordChange>,
) -> Result<Response, Problem> {
    state.limits.login(peer)?;
    session::change_password(&state.catalog, &human, &request.old, &request.new).await?;
    let cookie = auth::expired_cookie(https).ok_or_else(Problem::internal)?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response())
}
