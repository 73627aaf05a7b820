//! `GET /api/servers/{id}/tools`.

use axum::{Json, extract::State};
use mcpbox_catalog::author::{self, ToolSummary};
use mcpbox_core::paging::Page;

use crate::{
    api::{Answer, PageQuery},
    auth::Viewer,
    extract::{Path, Query},
    state::AdminState,
};

/// Lists the tools of a server by name.
#[utoipa::path(
    get, path = "/servers/{id}/tools", tag = "servers",
    params(("id" = String, Path, description = "Id or name of the server"), PageQuery),
    responses((status = OK, body = Page<ToolSummary>))
)]
pub(crate) async fn list_tools(
    State(state): State<AdminState>,
    viewer: Viewer,
    Path(id): Path<String>,
    Query(page): Query<PageQuery>,
) -> Answer<Page<ToolSummary>> {
    Ok(Json(author::list_tools(&state.catalog, viewer.caller(), &id, page.request()).await?))
}
