//! `GET /api/servers/{id}/secrets`.

use axum::{Json, extract::State};
use mcpbox_catalog::author::{self, SecretSummary};
use mcpbox_core::paging::Page;

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
    responses((status = OK, body = Page<SecretSummary>))
)]
pub(crate) async fn list(
    State(state): State<AdminState>,
    viewer: Viewer,
    Path(id): Path<String>,
    Query(page): Query<PageQuery>,
) -> Answer<Page<SecretSummary>> {
    let secrets = author::list_server_secrets(&state.catalog, viewer.caller(), &id).await?.secrets;
    Ok(Json(page_of(secrets, page.request())))
}
