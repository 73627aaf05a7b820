//! `POST /api/reviews/{id}/reject`.

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

/// Sends a bundle back to its author; the comment says why.
#[utoipa::path(
    post, path = "/reviews/{id}/reject", tag = "reviews",
    params(("id" = ReviewId, Path, description = "Id of the review")),
    request_body = DecisionRequest,
    responses(
        (status = OK, body = Decision),
        (status = CONFLICT, body = Details, description = "It changed or was decided since it was shown", content_type = "application/problem+json")
    )
)]
pub(crate) async fn reject(
    State(state): State<AdminState>,
    Decider(reviewer): Decider,
    Path(id): Path<ReviewId>,
    Json(request): Json<DecisionRequest>,
) -> Answer<Decision> {
    let decision = review::reject(&state.catalog, &reviewer, id, &request.content_hash, &request.comment).await?;
    Ok(axum::Json(decision))
}
