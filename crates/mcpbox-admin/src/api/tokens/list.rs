//! `GET /api/tokens`.

use axum::{Json, extract::State};
use mcpbox_catalog::access::pat;
use mcpbox_core::{paging::Page, token::AccessToken};

use crate::{
    api::{Answer, PageQuery, page_of},
    auth::Viewer,
    extract::Query,
    state::AdminState,
};

/// Lists personal access tokens by name, those that ended too; never what a client sends.
#[utoipa::path(get, path = "/tokens", tag = "tokens", params(PageQuery), responses((status = OK, body = Page<AccessToken>)))]
pub(crate) async fn list(
    State(state): State<AdminState>,
    _: Viewer,
    Query(page): Query<PageQuery>,
) -> Answer<Page<AccessToken>> {
    Ok(Json(page_of(pat::list(&state.catalog).await?, page.request())))
}
