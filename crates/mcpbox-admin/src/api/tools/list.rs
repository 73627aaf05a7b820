//! `GET /api/tools`.

use axum::{Json, extract::State};
use mcpbox_catalog::author::{self, ToolSummary};
use mcpbox_core::paging::Page;

use crate::{
    api::{Answer, PageQuery},
    auth::Viewer,
    extract::Query,
    state::AdminState,
};

/// Lists the tools of all servers by name.
#[utoipa::path(get, path = "/tools", tag = "tools", params(PageQuery), responses((status = OK, body = Page<ToolSummary>)))]
pub(crate) async fn list(
    State(state): State<AdminState>,
    viewer: Viewer,
    Query(page): Query<PageQuery>,
) -> Answer<Page<ToolSummary>> {
    Ok(Json(author::list_all_tools(&state.catalog, viewer.caller(), page.request()).await?))
}
