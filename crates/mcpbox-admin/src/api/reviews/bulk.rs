//! `POST /api/reviews/approve` and `POST /api/reviews/reject`: several at once.

use axum::extract::State;
use mcpbox_catalog::review::{self, BulkResult, SeenReview};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{api::Answer, auth::Decider, extract::Json, problem::Details, state::AdminState};

/// A decision about several reviews.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BulkRequest {
    /// Which, each as it was shown; 1 to 100.
    reviews: Vec<SeenReview>,
    /// Words for the authors; they go to the LLM.
    #[serde(default)]
    comment: String,
}

/// Approves several reviews of low risk; nothing is decided when one of them has a higher one.
#[utoipa::path(
    post, path = "/reviews/approve", tag = "reviews", request_body = BulkRequest,
    responses(
        (status = OK, body = Vec<BulkResult>, description = "What became of each"),
        (status = UNPROCESSABLE_ENTITY, body = Details, description = "One has a risk above low", content_type = "application/problem+json")
    )
)]
pub(crate) async fn approve_many(
    State(state): State<AdminState>,
    Decider(reviewer): Decider,
    Json(request): Json<BulkRequest>,
) -> Answer<Vec<BulkResult>> {
    let BulkRequest { reviews, comment } = request;
    Ok(axum::Json(review::approve_many(&state.catalog, &reviewer, &reviews, &comment).await?))
}

/// Sends several reviews back to their authors, with the same words.
#[utoipa::path(
    post, path = "/reviews/reject", tag = "reviews", request_body = BulkRequest,
    responses((status = OK, body = Vec<BulkResult>, description = "What became of each"))
)]
pub(crate) async fn reject_many(
    State(state): State<AdminState>,
    Decider(reviewer): Decider,
    Json(request): Json<BulkRequest>,
) -> Answer<Vec<BulkResult>> {
    let BulkRequest { reviews, comment } = request;
    Ok(axum::Json(review::reject_many(&state.catalog, &reviewer, &reviews, &comment).await?))
}
