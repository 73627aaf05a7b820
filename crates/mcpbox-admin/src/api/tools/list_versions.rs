//! `GET /api/tools/{id}/versions`.

use axum::{Json, extract::State};
use mcpbox_catalog::author::{self, VersionSummary};
use mcpbox_core::paging::Page;

use crate::{
    api::{Answer, PageQuery},
    auth::Viewer,
    extract::{Path, Query},
    state::AdminState,
};

/// Lists the versions of a tool, newest first.
#[utoipa::path(
    get, path = "/tools/{id}/versions", tag = "tools",
    params(("id" = String, Path, description = "Id of the tool, or `server__tool`"), PageQuery),
    responses((status = OK, body = Page<VersionSummary>))
)]
pub(crate) async fn list_versions(
    State(state): State<AdminState>,
    viewer: Viewer,
    Path(id): Path<String>,
    Query(page): Query<PageQuery>,
) -> Answer<Page<VersionSummary>> {
    let page = page.request();
    let history = author::list_tool_versions(&state.catalog, viewer.caller(), &id, page).await?;
    Ok(Json(page.page(history.versions, history.total)))
}
