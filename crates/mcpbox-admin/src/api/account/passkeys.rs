//! `/api/account/passkeys`.

use axum::{Json as Body, extract::State};
use http::StatusCode;
use mcpbox_catalog::identity::{self, PasskeyEnrolment};
use mcpbox_core::ids::PasskeyId;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{OwnPassword, RecoveryCodes};
use crate::{
    api::Answer,
    auth::Member,
    extract::{Json, Path, Site},
    peer::Peer,
    problem::Problem,
    state::AdminState,
};

/// A passkey that the browser made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPasskey {
    /// The token of the first step.
    #[schema(value_type = String, write_only)]
    token: SecretString,
    /// What to call it, 1 to 64 characters.
    name: String,
    /// What `navigator.credentials.create` gave.
    #[schema(value_type = Object)]
    passkey: Value,
}

/// Begins to make a passkey.
#[utoipa::path(post, path = "/account/passkeys", tag = "account", request_body = OwnPassword, responses((status = OK, body = PasskeyEnrolment)))]
pub(crate) async fn start_passkey(
    State(state): State<AdminState>,
    peer: Peer,
    site: Site,
    Member(human): Member,
    Json(request): Json<OwnPassword>,
) -> Answer<PasskeyEnrolment> {
    state.limits.login(peer)?;
    Ok(Body(identity::start_passkey(&state.catalog, &human, &request.password, &site.required()?).await?))
}

/// Takes a passkey into use; gives recovery codes when the account had none.
#[utoipa::path(put, path = "/account/passkeys", tag = "account", request_body = NewPasskey, responses((status = OK, body = RecoveryCodes)))]
pub(crate) async fn finish_passkey(
    State(state): State<AdminState>,
    site: Site,
    Member(human): Member,
    Json(request): Json<NewPasskey>,
) -> Answer<RecoveryCodes> {
    let (site, made) = (site.required()?, (request.name.as_str(), &request.passkey));
    let codes = identity::finish_passkey(&state.catalog, &human, &site, &request.token, made).await?;
    Ok(Body(RecoveryCodes { recovery_codes: codes }))
}

/// Removes a passkey.
#[utoipa::path(
    post, path = "/account/passkeys/{id}/remove", tag = "account",
    params(("id" = PasskeyId, Path, description = "Id of the passkey")), request_body = OwnPassword,
    responses((status = NO_CONTENT, description = "Removed"))
)]
pub(crate) async fn remove_passkey(
    State(state): State<AdminState>,
    peer: Peer,
    Member(human): Member,
    Path(id): Path<PasskeyId>,
    Json(request): Json<OwnPassword>,
) -> Result<StatusCode, Problem> {
    state.limits.login(peer)?;
    identity::remove_passkey(&state.catalog, &human, &request.password, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
