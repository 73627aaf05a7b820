//! `GET /api/sessions`.

use axum::{Json, extract::State};
use mcpbox_catalog::session::{self, OpenSession};
use mcpbox_core::paging::Page;

use crate::{
    api::{Answer, PageQuery, page_of},
    auth::Member,
    extract::Query,
    state::AdminState,
};

/// Lists one's own open sessions, newest first.
#[utoipa::path(get, path = "/sessions", tag = "sessions", params(PageQuery), responses((status = OK, body = Page<OpenSession>)))]
pub(crate) async fn list(
    State(state): State<AdminState>,
    Member(human): Member,
    Query(page): Query<PageQuery>,
) -> Answer<Page<OpenSession>> {
    Ok(Json(page_of(session::sessions(&state.catalog, &human).await?, page.request())))
}
