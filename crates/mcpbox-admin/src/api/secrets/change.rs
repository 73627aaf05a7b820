//! `PATCH /api/servers/{id}/secrets/{key}`.

use axum::extract::State;
use mcpbox_catalog::review::{self, SecretTerms};
use mcpbox_core::secret::{Secret, SecretMode};
use serde::Deserialize;
use utoipa::ToSchema;

use super::set_value::parse_hosts;
use crate::{
    api::Answer,
    auth::Administrator,
    extract::{Json, Path},
    problem::Details,
    state::AdminState,
};

/// What to change; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SecretChange {
    /// Hosts (`host` or `host:port`) a sealed value may be sent to.
    hosts: Option<Vec<String>>,
    /// Whether tool code sees the value.
    mode: Option<SecretMode>,
    /// What it is.
    description: Option<String>,
    /// Says that the value that is set may go further than before: to more hosts, or into tool code.
    #[serde(default)]
    widen: bool,
}

/// Changes where the value of a secret may go; the value stays. What lets it go further is refused until `widen` says so.
#[utoipa::path(
    patch, path = "/servers/{id}/secrets/{key}", tag = "secrets",
    params(("id" = String, Path, description = "Id or name of the server"), ("key" = String, Path, description = "Key of the secret")),
    request_body = SecretChange,
    responses(
        (status = OK, body = Secret),
        (status = CONFLICT, body = Details, description = "The value would go further, and `widen` was not said", content_type = "application/problem+json")
    )
)]
pub(crate) async fn change(
    State(state): State<AdminState>,
    Administrator(admin): Administrator,
    Path((id, key)): Path<(String, String)>,
    Json(request): Json<SecretChange>,
) -> Answer<Secret> {
    let SecretChange { hosts, mode, description, widen } = request;
    let hosts = hosts.map(|hosts| parse_hosts(&hosts)).transpose()?;
    let terms = SecretTerms { hosts, mode, description, widen };
    Ok(axum::Json(review::change_secret(&state.catalog, &admin, &id, &key, terms).await?))
}
