//! `GET /api/secrets`.

use axum::{Json, extract::State};
use mcpbox_catalog::author::{self, SecretSummary};
use mcpbox_core::paging::Page;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    api::{Answer, PageQuery, page_of},
    auth::Viewer,
    extract::Query,
    state::AdminState,
};

/// A secret and whose it is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ServerSecret {
    /// The server's name.
    server: String,
    /// The secret, without its value.
    #[serde(flatten)]
    secret: SecretSummary,
}

/// Lists the secrets of all servers, without values.
#[utoipa::path(get, path = "/secrets", tag = "secrets", params(PageQuery), responses((status = OK, body = Page<ServerSecret>)))]
pub(crate) async fn list_all(
    State(state): State<AdminState>,
    viewer: Viewer,
    Query(page): Query<PageQuery>,
) -> Answer<Page<ServerSecret>> {
    let mut all = Vec::new();
    for server in state.catalog.snapshot().servers() {
        let list = author::list_server_secrets(&state.catalog, viewer.caller(), server.name.as_str()).await?;
        all.extend(list.secrets.into_iter().map(|secret| ServerSecret { server: list.server.clone(), secret }));
    }
    Ok(Json(page_of(all, page.request())))
}
