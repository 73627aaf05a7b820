//! `GET /api/reviews/{id}/first-runs`.

use axum::{Json, extract::State};
use mcpbox_catalog::review::{self, FIRST_RUNS, FirstRuns};
use mcpbox_core::ids::ReviewId;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    api::Answer,
    auth::Viewer,
    extract::{Path, Query},
    state::AdminState,
};

/// How many runs.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct FirstRunsQuery {
    /// Runs at most, 1 to 50; 20 unless given.
    #[param(minimum = 1, maximum = 50)]
    limit: Option<u64>,
}

/// Shows the first calls of what a review approved, oldest first, and how many there were in all.
#[utoipa::path(
    get, path = "/reviews/{id}/first-runs", tag = "reviews",
    params(("id" = ReviewId, Path, description = "Id of the review"), FirstRunsQuery),
    responses((status = OK, body = FirstRuns))
)]
pub(crate) async fn first_runs(
    State(state): State<AdminState>,
    _: Viewer,
    Path(id): Path<ReviewId>,
    Query(query): Query<FirstRunsQuery>,
) -> Answer<FirstRuns> {
    let limit = query.limit.unwrap_or(FIRST_RUNS).clamp(1, 50);
    Ok(Json(review::first_runs(&state.catalog, id, limit).await?))
}
