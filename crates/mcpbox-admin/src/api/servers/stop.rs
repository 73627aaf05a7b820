//! `POST /api/servers/{id}/stop`.

use axum::{Json, extract::State};
use mcpbox_catalog::author::{self, ServerReport};

use crate::{api::Answer, auth::Maker, extract::Path, state::AdminState};

/// Withdraws all tools of a server.
#[utoipa::path(
    post, path = "/servers/{id}/stop", tag = "servers",
    params(("id" = String, Path, description = "Id or name of the server")),
    responses((status = OK, body = ServerReport))
)]
pub(crate) async fn stop(
    State(state): State<AdminState>,
    viewer: Maker,
    Path(id): Path<String>,
) -> Answer<ServerReport> {
    Ok(Json(author::stop_server(&state.catalog, viewer.caller(), &id).await?))
}
