//! `GET /api/tools/{id}`.

use axum::{Json, extract::State};
use mcpbox_catalog::author::{self, ToolDetail};

use crate::{api::Answer, auth::Viewer, extract::Path, state::AdminState};

/// Shows a tool with its newest and its live version.
#[utoipa::path(
    get, path = "/tools/{id}", tag = "tools",
    params(("id" = String, Path, description = "Id of the tool, or `server__tool`")),
    responses((status = OK, body = ToolDetail))
)]
pub(crate) async fn show(
    State(state): State<AdminState>,
    viewer: Viewer,
    Path(id): Path<String>,
) -> Answer<ToolDetail> {
    Ok(Json(author::get_tool(&state.catalog, viewer.caller(), &id).await?))
}
