//! `PUT /api/servers/{id}/secrets/{key}/value`.

use axum::extract::State;
use mcpbox_catalog::review::{self, NewSecretValue};
use mcpbox_core::{
    capability::HostRule,
    secret::{Secret, SecretMode},
};
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    api::Answer,
    auth::Administrator,
    extract::{Json, Path},
    problem::Problem,
    state::AdminState,
};

/// A value, and where it may go.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SecretValue {
    /// The value, at most 64 KiB. Never returned.
    #[schema(value_type = String, write_only, format = Password)]
    value: SecretString,
    /// Hosts (`host` or `host:port`) a sealed value may be sent to; keeps those proposed unless given.
    hosts: Option<Vec<String>>,
    /// Whether tool code sees the value; keeps the mode unless given.
    mode: Option<SecretMode>,
    /// What it is; keeps the description unless given.
    description: Option<String>,
}

/// Sets the value of a secret; makes the secret when it is not there.
#[utoipa::path(
    put, path = "/servers/{id}/secrets/{key}/value", tag = "secrets",
    params(("id" = String, Path, description = "Id or name of the server"), ("key" = String, Path, description = "Key of the secret")),
    request_body = SecretValue, responses((status = OK, body = Secret))
)]
pub(crate) async fn set_value(
    State(state): State<AdminState>,
    Administrator(admin): Administrator,
    Path((id, key)): Path<(String, String)>,
    Json(request): Json<SecretValue>,
) -> Answer<Secret> {
    let value = NewSecretValue {
        value: request.value,
        hosts: request.hosts.map(|hosts| parse_hosts(&hosts)).transpose()?,
        mode: request.mode,
        description: request.description,
    };
    Ok(axum::Json(review::set_secret_value(&state.catalog, &admin, &id, &key, value).await?))
}

pub(super) fn parse_hosts(hosts: &[String]) -> Result<Vec<HostRule>, Problem> {
    hosts.iter().map(|host| HostRule::parse(host).map_err(|error| Problem::invalid(format!("{error}.")))).collect()
}
