//! `GET /api/servers/{id}/sources`.

use axum::{Json, extract::State};
use mcpbox_catalog::source::{self, SourceSummary};
use mcpbox_core::paging::Page;

use crate::{
    api::{Answer, PageQuery, page_of},
    auth::Viewer,
    extract::{Path, Query},
    state::AdminState,
};

/// Lists the external sources of a server, and how they are as far as this process knows.
#[utoipa::path(
    get, path = "/servers/{id}/sources", tag = "sources",
    params(("id" = String, Path, description = "Id or name of the server"), PageQuery),
    responses((status = OK, body = Page<SourceSummary>))
)]
pub(crate) async fn list_sources(
    State(state): State<AdminState>,
    viewer: Viewer,
    Path(id): Path<String>,
    Query(page): Query<PageQuery>,
) -> Answer<Page<SourceSummary>> {
    Ok(Json(page_of(source::list_sources(&state.catalog, viewer.caller(), &id).await?.sources, page.request())))
}
