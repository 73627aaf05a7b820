//! `/api/account/code-app` and `/api/account/recovery-codes`.

use axum::{Json as Body, extract::State};
use http::StatusCode;
use mcpbox_catalog::identity::{self, Enrolment};
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{OwnPassword, RecoveryCodes};
use crate::{api::Answer, auth::Member, extract::Json, peer::Peer, problem::Problem, state::AdminState};

/// A first code of the app.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FirstCode {
    /// The token of the first step.
    #[schema(value_type = String, write_only)]
    token: SecretString,
    /// What the app shows.
    #[schema(value_type = String, write_only)]
    code: SecretString,
}

/// Begins to set up an app for one-time codes. Nothing changes until a code of it is sent.
#[utoipa::path(post, path = "/account/code-app", tag = "account", request_body = OwnPassword, responses((status = OK, body = Enrolment)))]
pub(crate) async fn start_code_app(
    State(state): State<AdminState>,
    peer: Peer,
    Member(human): Member,
    Json(request): Json<OwnPassword>,
) -> Answer<Enrolment> {
    state.limits.login(peer)?;
    Ok(Body(identity::start_code_app(&state.catalog, &human, &request.password).await?))
}

/// Takes the app into use; gives new recovery codes.
#[utoipa::path(put, path = "/account/code-app", tag = "account", request_body = FirstCode, responses((status = OK, body = RecoveryCodes)))]
pub(crate) async fn confirm_code_app(
    State(state): State<AdminState>,
    peer: Peer,
    Member(human): Member,
    Json(request): Json<FirstCode>,
) -> Answer<RecoveryCodes> {
    state.limits.login(peer)?;
    let codes = identity::confirm_code_app(&state.catalog, &human, &request.token, &request.code).await?;
    Ok(Body(RecoveryCodes { recovery_codes: codes }))
}

/// Removes the app.
#[utoipa::path(
    post, path = "/account/code-app/remove", tag = "account", request_body = OwnPassword,
    responses((status = NO_CONTENT, description = "Removed"))
)]
pub(crate) async fn remove_code_app(
    State(state): State<AdminState>,
    peer: Peer,
    Member(human): Member,
    Json(request): Json<OwnPassword>,
) -> Result<StatusCode, Problem> {
    state.limits.login(peer)?;
    identity::remove_code_app(&state.catalog, &human, &request.password).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes new recovery codes; those from before count no longer.
#[utoipa::path(post, path = "/account/recovery-codes", tag = "account", request_body = OwnPassword, responses((status = OK, body = RecoveryCodes)))]
pub(crate) async fn renew_codes(
    State(state): State<AdminState>,
    peer: Peer,
    Member(human): Member,
    Json(request): Json<OwnPassword>,
) -> Answer<RecoveryCodes> {
    state.limits.login(peer)?;
    let codes = identity::renew_recovery_codes(&state.catalog, &human, &request.password).await?;
    Ok(Body(RecoveryCodes { recovery_codes: codes }))
}
