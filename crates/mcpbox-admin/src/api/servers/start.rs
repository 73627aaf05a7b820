//! `POST /api/servers/{id}/start`.

use axum::{Json, extract::State};
use mcpbox_catalog::author::{self, ServerReport};

use crate::{api::Answer, auth::Maker, extract::Path, state::AdminState};

/// Publishes the approved, enabled tools of a server.
#[utoipa::path(
    post, path = "/servers/{id}/start", tag = "servers",
    params(("id" = String, Path, description = "Id or name of the server")),
    responses((status = OK, body = ServerReport))
)]
pub(crate) async fn start(
    State(state): State<AdminState>,
    viewer: Maker,
    Path(id): Path<String>,
) -> Answer<ServerReport> {
    Ok(Json(author::start_server(&state.catalog, viewer.caller(), &id).await?))
}
