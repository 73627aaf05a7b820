//! `GET /api/reviews/{id}`.

use axum::{Json, extract::State};
use mcpbox_catalog::review::{self, ReviewDetail};
use mcpbox_core::ids::ReviewId;

use crate::{api::Answer, auth::Viewer, extract::Path, state::AdminState};

/// Shows a review: code and difference to the live version, findings, what is newly granted, what test runs did.
#[utoipa::path(
    get, path = "/reviews/{id}", tag = "reviews",
    params(("id" = ReviewId, Path, description = "Id of the review")),
    responses((status = OK, body = ReviewDetail))
)]
pub(crate) async fn show(
    State(state): State<AdminState>,
    viewer: Viewer,
    Path(id): Path<ReviewId>,
) -> Answer<ReviewDetail> {
    if let Viewer::Reviewer(reviewer) = &viewer {
        review::look(&state.catalog, reviewer, id).await?;
    }
    Ok(Json(review::show(&state.catalog, id).await?))
}
