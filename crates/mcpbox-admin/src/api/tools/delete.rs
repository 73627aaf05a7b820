//! `DELETE /api/tools/{id}`.

use axum::{Json, extract::State};
use mcpbox_catalog::author::{self, DeleteReport};

use crate::{api::Answer, auth::Keeper, extract::Path, state::AdminState};

/// Deletes a tool, at once.
#[utoipa::path(
    delete, path = "/tools/{id}", tag = "tools",
    params(("id" = String, Path, description = "Id of the tool, or `server__tool`")),
    responses((status = OK, body = DeleteReport))
)]
pub(crate) async fn delete(
    State(state): State<AdminState>,
    viewer: Keeper,
    Path(id): Path<String>,
) -> Answer<DeleteReport> {
    Ok(Json(author::delete_tool(&state.catalog, viewer.caller(), &id).await?))
}
