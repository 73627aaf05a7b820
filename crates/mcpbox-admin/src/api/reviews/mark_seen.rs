//! `POST /api/reviews/{id}/seen`.

use axum::extract::State;
use http::StatusCode;
use mcpbox_catalog::review;
use mcpbox_core::{hash::ContentHash, ids::ReviewId};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    auth::Decider,
    extract::{Json, Path},
    problem::Problem,
    state::AdminState,
};

/// What was read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeenRequest {
    /// The review's `content_hash` as it was shown.
    content_hash: ContentHash,
}

/// Notes that you read a review as it was shown: from then on `last_look` says what changed since. Fetching a review
/// does not count as reading it, since pages fetch by themselves; a decision does.
#[utoipa::path(
    post, path = "/reviews/{id}/seen", tag = "reviews",
    params(("id" = ReviewId, Path, description = "Id of the review")),
    request_body = SeenRequest, responses((status = NO_CONTENT, description = "Noted"))
)]
pub(crate) async fn mark_seen(
    State(state): State<AdminState>,
    Decider(reviewer): Decider,
    Path(id): Path<ReviewId>,
    Json(request): Json<SeenRequest>,
) -> Result<StatusCode, Problem> {
    review::mark_seen(&state.catalog, &reviewer, id, &request.content_hash).await?;
    Ok(StatusCode::NO_CONTENT)
}
