//! `GET /api/users`.

use axum::{Json, extract::State};
use mcpbox_catalog::identity::{self, UserView};
use mcpbox_core::paging::Page;

use crate::{
    api::{Answer, PageQuery},
    auth::Administrator,
    extract::Query,
    state::AdminState,
};

/// Lists the accounts by name.
#[utoipa::path(get, path = "/users", tag = "users", params(PageQuery), responses((status = OK, body = Page<UserView>)))]
pub(crate) async fn list(
    State(state): State<AdminState>,
    Administrator(admin): Administrator,
    Query(page): Query<PageQuery>,
) -> Answer<Page<UserView>> {
    Ok(Json(identity::users(&state.catalog, &admin, page.request()).await?))
}
