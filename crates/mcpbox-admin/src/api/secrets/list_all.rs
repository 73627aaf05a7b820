//! `GET /api/secrets`.

use axum::{Json, extract::State};
use mcpbox_catalog::listing;
use mcpbox_core::{paging::Page, secret::Secret};
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
    secret: Secret,
}

/// Lists the secrets of all servers, without values.
#[utoipa::path(get, path = "/secrets", tag = "secrets", params(PageQuery), responses((status = OK, body = Page<ServerSecret>)))]
pub(crate) async fn list_all(
    State(state): State<AdminState>,
    _: Viewer,
    Query(page): Query<PageQuery>,
) -> Answer<Page<ServerSecret>> {
    let mut all = Vec::new();
    for server in state.catalog.snapshot().servers() {
        let secrets = listing::secrets(&state.catalog, server.name.as_str()).await?;
        all.extend(secrets.into_iter().map(|secret| ServerSecret { server: server.name.to_string(), secret }));
    }
    Ok(Json(page_of(all, page.request())))
}
