//! `GET /api/notifications`.

use axum::{Json, extract::State};
use mcpbox_catalog::notify;
use mcpbox_core::{notification::Target, paging::Page};

use crate::{
    api::{Answer, PageQuery, page_of},
    auth::Viewer,
    extract::Query,
    state::AdminState,
};

/// Lists where notifications go and how the last one went, by name; of an address only the host is told.
#[utoipa::path(get, path = "/notifications", tag = "notifications", params(PageQuery), responses((status = OK, body = Page<Target>)))]
pub(crate) async fn list(
    State(state): State<AdminState>,
    _: Viewer,
    Query(page): Query<PageQuery>,
) -> Answer<Page<Target>> {
    Ok(Json(page_of(notify::list_targets(&state.catalog).await?, page.request())))
}
