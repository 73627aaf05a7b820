//! `DELETE /api/servers/{id}/secrets/{key}`.

use axum::extract::State;
use http::StatusCode;
use mcpbox_catalog::review;

use crate::{auth::Administrator, extract::Path, problem::Problem, state::AdminState};

/// Deletes a secret and its value.
#[utoipa::path(
    delete, path = "/servers/{id}/secrets/{key}", tag = "secrets",
    params(("id" = String, Path, description = "Id or name of the server"), ("key" = String, Path, description = "Key of the secret")),
    responses((status = NO_CONTENT, description = "Deleted"))
)]
pub(crate) async fn delete(
    State(state): State<AdminState>,
    Administrator(admin): Administrator,
    Path((id, key)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    review::delete_secret(&state.catalog, &admin, &id, &key).await?;
    Ok(StatusCode::NO_CONTENT)
}
