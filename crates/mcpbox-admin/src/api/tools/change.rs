//! `PATCH /api/tools/{id}`.

use axum::extract::State;
use mcpbox_catalog::review;
use mcpbox_core::tool::Tool;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    api::Answer,
    auth::Decider,
    extract::{Json, Path},
    state::AdminState,
};

/// What to change.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ToolChange {
    /// Whether it is published while its server runs.
    enabled: bool,
}

/// Enables or disables a tool, at once.
#[utoipa::path(
    patch, path = "/tools/{id}", tag = "tools",
    params(("id" = String, Path, description = "Id of the tool, or `server__tool`")),
    request_body = ToolChange, responses((status = OK, body = Tool))
)]
pub(crate) async fn change(
    State(state): State<AdminState>,
    Decider(reviewer): Decider,
    Path(id): Path<String>,
    Json(change): Json<ToolChange>,
) -> Answer<Tool> {
    Ok(axum::Json(review::set_tool_enabled(&state.catalog, &reviewer, &id, change.enabled).await?))
}
