//! `GET /api/servers/{id}/secrets`.

use axum::{Json, extract::State};
use mcpbox_catalog::listing;
use mcpbox_core::{paging::Page, secret::Secret};

use crate::{
    api::{Answer, PageQuery, page_of},
    auth::Viewer,
    extract::{Path, Query},
    state::AdminState,
};

/// Lists the secrets of a server, without values.
#[utoipa::path(
    get, path = "/servers/{id}/secrets", tag = "secrets",
    params(("id" = String, Path, description = "Id or name of the server"), PageQuery),
    responses((status = OK, body = Page<Secret>))
)]
pub(crate) async fn list(
    State(state): State<AdminState>,
    _: Viewer,
    Path(id): Path<String>,
    Query(page): Query<PageQuery>,
) -> Answer<Page<Secret>> {
    Ok(Json(page_of(listing::secrets(&state.catalog, &id).await?, page.request())))
}
