//! `POST /api/reviews/{id}/resolve`.

use axum::extract::State;
use http::StatusCode;
use mcpbox_catalog::packages;
use mcpbox_core::ids::ReviewId;

use crate::{
    auth::Decider,
    extract::Path,
    problem::{Details, Problem},
    state::AdminState,
};

/// Resolves the packages of an open review again in the background, after a failure.
#[utoipa::path(
    post, path = "/reviews/{id}/resolve", tag = "reviews",
    params(("id" = ReviewId, Path, description = "Id of the review")),
    responses(
        (status = ACCEPTED, description = "It has begun; the review tells how it ended"),
        (status = CONFLICT, body = Details, description = "It is decided, or asks for no packages", content_type = "application/problem+json")
    )
)]
pub(crate) async fn resolve(
    State(state): State<AdminState>,
    Decider(reviewer): Decider,
    Path(id): Path<ReviewId>,
) -> Result<StatusCode, Problem> {
    packages::retry(&state.catalog, &reviewer, id).await?;
    Ok(StatusCode::ACCEPTED)
}
