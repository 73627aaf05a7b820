//! `GET /api/policy/decisions`.

use axum::{Json, extract::State};
use mcpbox_catalog::policy::{self, AutomaticDecision};
use mcpbox_core::paging::Page;

use crate::{
    api::{Answer, PageQuery},
    auth::Viewer,
    extract::Query,
    state::AdminState,
};

/// Lists what rules approved, newest first, with the rule and what it looked at.
#[utoipa::path(
    get, path = "/policy/decisions", tag = "policy", params(PageQuery),
    responses((status = OK, body = Page<AutomaticDecision>))
)]
pub(crate) async fn list_decisions(
    State(state): State<AdminState>,
    _: Viewer,
    Query(page): Query<PageQuery>,
) -> Answer<Page<AutomaticDecision>> {
    Ok(Json(policy::list_automatic(&state.catalog, page.request()).await?))
}
