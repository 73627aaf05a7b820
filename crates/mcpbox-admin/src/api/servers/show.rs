//! `GET /api/servers/{id}`.

use axum::{Json, extract::State};
use mcpbox_catalog::author::{self, ServerDetail};

use crate::{api::Answer, auth::Viewer, extract::Path, state::AdminState};

/// Shows a server: configuration, status, grants, secrets without values.
#[utoipa::path(
    get, path = "/servers/{id}", tag = "servers",
    params(("id" = String, Path, description = "Id or name of the server")),
    responses((status = OK, body = ServerDetail))
)]
pub(crate) async fn show(
    State(state): State<AdminState>,
    viewer: Viewer,
    Path(id): Path<String>,
) -> Answer<ServerDetail> {
    Ok(Json(author::get_server(&state.catalog, viewer.caller(), &id).await?))
}
