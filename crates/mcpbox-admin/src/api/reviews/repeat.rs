//! `POST /api/reviews/{id}/repeat`.

use axum::{Json, extract::State};
use mcpbox_catalog::review::{self, RegressionReport};
use mcpbox_core::ids::ReviewId;

use crate::{api::Answer, auth::Decider, extract::Path, problem::Details, state::AdminState};

/// Repeats the live version's examples for an open review. Answers after a second at most; the review shows the rest.
#[utoipa::path(
    post, path = "/reviews/{id}/repeat", tag = "reviews",
    params(("id" = ReviewId, Path, description = "Id of the review")),
    responses(
        (status = OK, body = RegressionReport),
        (status = CONFLICT, body = Details, description = "It is decided, runs already, or there are no examples", content_type = "application/problem+json")
    )
)]
pub(crate) async fn repeat(
    State(state): State<AdminState>,
    Decider(reviewer): Decider,
    Path(id): Path<ReviewId>,
) -> Answer<RegressionReport> {
    Ok(Json(review::repeat_examples(&state.catalog, &reviewer, id).await?))
}
