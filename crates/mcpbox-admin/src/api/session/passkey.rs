//! `POST /api/session/passkey`: login with a passkey alone. Public; each begin counts as an attempted login.

use axum::{extract::State, response::Response};
use http::{HeaderMap, StatusCode};
use mcpbox_catalog::identity::{self, PasskeyLogin};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::login::{SessionView, opened, origin_of};
use crate::{
    api::Answer,
    extract::{Json, Site},
    peer::{Https, Peer},
    problem::Problem,
    state::AdminState,
};

/// What the browser says of a passkey.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasskeyAnswer {
    /// The token of the first step.
    #[schema(value_type = String, write_only)]
    token: SecretString,
    /// What `navigator.credentials.get` gave.
    #[schema(value_type = Object)]
    passkey: Value,
}

/// Asks the browser for a passkey.
#[utoipa::path(post, path = "/session/passkey", tag = "session", responses((status = OK, body = PasskeyLogin)))]
pub(crate) async fn start_passkey(State(state): State<AdminState>, peer: Peer, site: Site) -> Answer<PasskeyLogin> {
    state.limits.login(peer)?;
    Ok(axum::Json(identity::start_passkey_login(&state.catalog, &site.required()?).await?))
}

/// Logs in with a passkey.
#[utoipa::path(
    post, path = "/session/passkey/answer", tag = "session", request_body = PasskeyAnswer,
    responses((status = OK, body = SessionView, description = "Logged in: the cookie is set"))
)]
pub(crate) async fn answer_passkey(
    State(state): State<AdminState>,
    peer: Peer,
    site: Site,
    https: Https,
    headers: HeaderMap,
    Json(request): Json<PasskeyAnswer>,
) -> Result<Response, Problem> {
    let (site, origin) = (site.required()?, origin_of(peer, &headers));
    let session =
        identity::finish_passkey_login(&state.catalog, &site, &request.token, &request.passkey, origin).await?;
    opened(StatusCode::OK, session, https)
}
