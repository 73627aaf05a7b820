//! `GET /api/reviews/{id}`.

use axum::{Json, extract::State};
use mcpbox_catalog::review::{self, ReviewDetail};
use mcpbox_core::ids::ReviewId;

use crate::{api::Answer, auth::Viewer, extract::Path, state::AdminState};

/// Shows a review: code and difference to the live version and to what you read last, findings, what is newly granted and
/// what was before, what test runs did, earlier decisions, and what an approval must carry.
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
    // Only the look of somebody who may decide is remembered.
    let reviewer = match viewer {
        Viewer::Human(human) => human.reviewer().ok(),
        Viewer::Cli => None,
    };
    let detail = match reviewer {
        Some(reviewer) => {
            review::look(&state.catalog, &reviewer, id).await?;
            review::show_to(&state.catalog, &reviewer, id).await?
        }
        None => review::show(&state.catalog, id).await?,
    };
    Ok(Json(detail))
}
