//! `DELETE /api/notifications/{id}`.

use axum::extract::State;
use http::StatusCode;
use mcpbox_catalog::notify;
use mcpbox_core::ids::TargetId;

use crate::{auth::Administrator, extract::Path, problem::Problem, state::AdminState};

/// Deletes a target; nothing is sent to it any more.
#[utoipa::path(
    delete, path = "/notifications/{id}", tag = "notifications",
    params(("id" = TargetId, Path, description = "Id of the target")),
    responses((status = NO_CONTENT, description = "Deleted"))
)]
pub(crate) async fn delete(
    State(state): State<AdminState>,
    Administrator(admin): Administrator,
    Path(id): Path<TargetId>,
) -> Result<StatusCode, Problem> {
    notify::delete_target(&state.catalog, &admin, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
