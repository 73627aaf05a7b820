//! `POST /api/reviews/{id}/revoke`.

use axum::extract::State;
use mcpbox_catalog::review::{self, Decision};
use mcpbox_core::ids::ReviewId;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    api::Answer,
    auth::Decider,
    extract::{Json, Path},
    problem::Details,
    state::AdminState,
};

/// The words of a revocation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RevokeRequest {
    /// Why; goes to the LLM.
    #[serde(default)]
    comment: String,
}

/// Takes back all that a review approved, at once: its grants and its version. The version that was live before serves
/// again, if it still is approved.
#[utoipa::path(
    post, path = "/reviews/{id}/revoke", tag = "reviews",
    params(("id" = ReviewId, Path, description = "Id of the review")),
    request_body = RevokeRequest,
    responses(
        (status = OK, body = Decision),
        (status = CONFLICT, body = Details, description = "It is not approved, or was taken back already", content_type = "application/problem+json")
    )
)]
pub(crate) async fn revoke(
    State(state): State<AdminState>,
    Decider(reviewer): Decider,
    Path(id): Path<ReviewId>,
    Json(request): Json<RevokeRequest>,
) -> Answer<Decision> {
    Ok(axum::Json(review::revoke(&state.catalog, &reviewer, id, &request.comment).await?))
}
