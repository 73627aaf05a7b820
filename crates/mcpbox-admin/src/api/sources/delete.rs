//! `DELETE /api/sources/{id}`.

use axum::extract::State;
use http::StatusCode;
use mcpbox_catalog::source;
use mcpbox_core::ids::SourceId;

use crate::{auth::Administrator, extract::Path, problem::Problem, state::AdminState};

/// Deletes an external source and takes back that it may be reached. Tools that were imported stay, and fail from then on.
#[utoipa::path(
    delete, path = "/sources/{id}", tag = "sources",
    params(("id" = SourceId, Path, description = "Id of the source")),
    responses((status = NO_CONTENT, description = "Deleted"))
)]
pub(crate) async fn delete_source(
    State(state): State<AdminState>,
    Administrator(admin): Administrator,
    Path(id): Path<SourceId>,
) -> Result<StatusCode, Problem> {
    source::delete_source(&state.catalog, &admin, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
