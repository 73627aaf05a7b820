//! `DELETE /api/users/{id}`.

use axum::extract::State;
use http::StatusCode;
use mcpbox_catalog::identity;
use mcpbox_core::ids::UserId;

use crate::{auth::Administrator, extract::Path, problem::Problem, state::AdminState};

/// Deletes an account; its sessions end at once. What it did stays in the records.
#[utoipa::path(
    delete, path = "/users/{id}", tag = "users", params(("id" = UserId, Path, description = "Id of the account")),
    responses((status = NO_CONTENT, description = "Done"))
)]
pub(crate) async fn delete(
    State(state): State<AdminState>,
    Administrator(admin): Administrator,
    Path(id): Path<UserId>,
) -> Result<StatusCode, Problem> {
    identity::delete_user(&state.catalog, &admin, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
