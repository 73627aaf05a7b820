//! `GET /api/servers`.

use axum::{Json, extract::State};
use mcpbox_catalog::author::{self, ServerSummary};
use mcpbox_core::paging::Page;

use crate::{
    api::{Answer, PageQuery},
    auth::Viewer,
    extract::Query,
    state::AdminState,
};

/// Lists servers by name.
#[utoipa::path(get, path = "/servers", tag = "servers", params(PageQuery), responses((status = OK, body = Page<ServerSummary>)))]
pub(crate) async fn list(
    State(state): State<AdminState>,
    viewer: Viewer,
    Query(page): Query<PageQuery>,
) -> Answer<Page<ServerSummary>> {
    Ok(Json(author::list_servers(&state.catalog, viewer.caller(), page.request()).await?))
}
