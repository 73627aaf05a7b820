//! `POST /api/packages/{lock}/install`.

use axum::extract::State;
use http::StatusCode;
use mcpbox_catalog::packages;
use mcpbox_core::hash::ContentHash;

use crate::{auth::Decider, extract::Path, problem::Problem, state::AdminState};

/// Installs the environments of a lock again in the background, after a failure.
#[utoipa::path(
    post, path = "/packages/{lock}/install", tag = "packages",
    params(("lock" = ContentHash, Path, description = "Names the environment")),
    responses((status = ACCEPTED, description = "It has begun; GET /api/packages tells how far it is"))
)]
pub(crate) async fn install(
    State(state): State<AdminState>,
    Decider(reviewer): Decider,
    Path(lock): Path<ContentHash>,
) -> Result<StatusCode, Problem> {
    packages::rebuild(&state.catalog, &reviewer, &lock).await?;
    Ok(StatusCode::ACCEPTED)
}
