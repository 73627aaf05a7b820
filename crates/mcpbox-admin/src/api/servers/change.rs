//! `PATCH /api/servers/{id}`.

use axum::extract::State;
use mcpbox_catalog::{
    author::{self, ServerDetail},
    review,
};
use mcpbox_core::server::{CodePolicy, Limits};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    api::Answer,
    auth::Administrator,
    extract::{Json, Path},
    problem::Problem,
    state::AdminState,
};

/// What to change; absent fields stay.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ServerChange {
    /// What it is for, as clients read it.
    description: Option<String>,
    /// Language rules of its tools.
    code_policy: Option<CodePolicy>,
    /// What one call may use.
    limits: Option<Limits>,
}

/// Changes what a human sets on a server. Its tools run under the new rules from now on.
#[utoipa::path(
    patch, path = "/servers/{id}", tag = "servers",
    params(("id" = String, Path, description = "Id or name of the server")),
    request_body = ServerChange, responses((status = OK, body = ServerDetail))
)]
pub(crate) async fn change(
    State(state): State<AdminState>,
    Administrator(admin): Administrator,
    Path(id): Path<String>,
    Json(change): Json<ServerChange>,
) -> Answer<ServerDetail> {
    // Checked before anything is written, so that a bad limit leaves the policy as it was.
    if let Some(limits) = &change.limits {
        limits.check().map_err(|range| Problem::invalid(format!("{range}.")))?;
    }
    if let Some(description) = &change.description {
        review::set_server_description(&state.catalog, &admin, &id, description).await?;
    }
    if let Some(policy) = change.code_policy {
        review::set_server_policy(&state.catalog, &admin, &id, policy).await?;
    }
    if let Some(limits) = change.limits {
        review::set_server_limits(&state.catalog, &admin, &id, limits).await?;
    }
    Ok(axum::Json(author::get_server(&state.catalog, &admin, &id).await?))
}
