//! `DELETE /api/servers/{id}`.

use axum::{Json, extract::State};
use mcpbox_catalog::author::{self, DeleteReport};

use crate::{api::Answer, auth::Keeper, extract::Path, state::AdminState};

/// Deletes a server with all its tools, at once.
#[utoipa::path(
    delete, path = "/servers/{id}", tag = "servers",
    params(("id" = String, Path, description = "Id or name of the server")),
    responses((status = OK, body = DeleteReport))
)]
pub(crate) async fn delete(
    State(state): State<AdminState>,
    viewer: Keeper,
    Path(id): Path<String>,
) -> Answer<DeleteReport> {
    Ok(Json(author::delete_server(&state.catalog, viewer.caller(), &id).await?))
}
