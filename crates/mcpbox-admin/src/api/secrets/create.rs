//! `POST /api/servers/{id}/secrets`: a placeholder without a value.

use axum::extract::State;
use http::StatusCode;
use mcpbox_catalog::author::{self, SecretReport};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    auth::Maker,
    extract::{Json, Path},
    problem::Problem,
    state::AdminState,
};

/// A new placeholder.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SecretRequest {
    /// `UPPER_SNAKE_CASE`, at most 64 characters.
    key: String,
    /// What it is.
    #[serde(default)]
    description: String,
    /// Hosts it may be sent to.
    #[serde(default)]
    hosts: Vec<String>,
}

/// Makes a placeholder for a secret.
#[utoipa::path(
    post, path = "/servers/{id}/secrets", tag = "secrets",
    params(("id" = String, Path, description = "Id or name of the server")),
    request_body = SecretRequest, responses((status = CREATED, body = SecretReport))
)]
pub(crate) async fn create(
    State(state): State<AdminState>,
    viewer: Maker,
    Path(id): Path<String>,
    Json(request): Json<SecretRequest>,
) -> Result<(StatusCode, axum::Json<SecretReport>), Problem> {
    let SecretRequest { key, description, hosts } = request;
    let report = author::create_server_secret(&state.catalog, viewer.caller(), &id, &key, &description, &hosts).await?;
    Ok((StatusCode::CREATED, axum::Json(report)))
}
