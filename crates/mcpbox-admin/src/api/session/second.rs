//! `POST /api/session/second`: the second factor after a right password. Public, and limited as logins are.

use axum::{extract::State, response::Response};
use http::{HeaderMap, StatusCode};
use mcpbox_catalog::identity::{self, Proof};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::login::{SessionView, opened, origin_of};
use crate::{
    extract::{Json, Site},
    peer::{Https, Peer},
    problem::Problem,
    state::AdminState,
};

/// The second factor: a code or a passkey.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SecondAnswer {
    /// The token of the first step.
    #[schema(value_type = String, write_only)]
    token: SecretString,
    /// The code of an app, or a recovery code.
    #[schema(value_type = Option<String>, write_only)]
    code: Option<SecretString>,
    /// What `navigator.credentials.get` gave.
    #[schema(value_type = Option<Object>)]
    passkey: Option<Value>,
}

/// Logs in with the second factor.
#[utoipa::path(
    post, path = "/session/second", tag = "session", request_body = SecondAnswer,
    responses((status = OK, body = SessionView, description = "Logged in: the cookie is set"))
)]
pub(crate) async fn answer(
    State(state): State<AdminState>,
    peer: Peer,
    site: Site,
    https: Https,
    headers: HeaderMap,
    Json(request): Json<SecondAnswer>,
) -> Result<Response, Problem> {
    state.limits.login(peer)?;
    let proof = match (request.code, request.passkey) {
        (Some(code), None) => Proof::Code(code),
        (None, Some(passkey)) => Proof::Passkey(passkey),
        _ => return Err(Problem::invalid("Give either a code or a passkey.")),
    };
    let origin = origin_of(peer, &headers);
    let session =
        identity::answer_second_factor(&state.catalog, &request.token, proof, site.0.as_ref(), origin).await?;
    opened(StatusCode::OK, session, https)
}
