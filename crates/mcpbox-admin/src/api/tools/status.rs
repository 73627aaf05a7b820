//! `GET /api/tools/{id}/status`.

use axum::{Json, extract::State};
use mcpbox_catalog::author::{self, ToolStatus};

use crate::{api::Answer, auth::Viewer, extract::Path, state::AdminState};

/// Tells where a tool stands and what to do next.
#[utoipa::path(
    get, path = "/tools/{id}/status", tag = "tools",
    params(("id" = String, Path, description = "Id of the tool, or `server__tool`")),
    responses((status = OK, body = ToolStatus))
)]
pub(crate) async fn status(
    State(state): State<AdminState>,
    viewer: Viewer,
    Path(id): Path<String>,
) -> Answer<ToolStatus> {
    Ok(Json(author::get_tool_status(&state.catalog, viewer.caller(), &id).await?))
}
