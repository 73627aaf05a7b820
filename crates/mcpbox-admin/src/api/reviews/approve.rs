//! `POST /api/reviews/{id}/approve`.

use axum::extract::State;
use mcpbox_catalog::review::{self, Decision};
use mcpbox_core::ids::ReviewId;

use super::DecisionRequest;
use crate::{
    api::Answer,
    auth::Decider,
    extract::{Json, Path},
    problem::Details,
    state::AdminState,
};

/// Approves a bundle exactly as it was shown; the version goes live at once.
#[utoipa::path(
    post, path = "/reviews/{id}/approve", tag = "reviews",
    params(("id" = ReviewId, Path, description = "Id of the review")),
    request_body = DecisionRequest,
    responses(
        (status = OK, body = Decision),
        (status = CONFLICT, body = Details, description = "It changed or was decided since it was shown", content_type = "application/problem+json")
    )
)]
pub(crate) async fn approve(
    State(state): State<AdminState>,
    Decider(reviewer): Decider,
    Path(id): Path<ReviewId>,
    Json(request): Json<DecisionRequest>,
) -> Answer<Decision> {
    let decision = review::approve(&state.catalog, &reviewer, id, &request.content_hash, &request.comment).await?;
    Ok(axum::Json(decision))
}
