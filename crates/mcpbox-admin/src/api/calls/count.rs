//! `GET /api/calls/counts`.

use axum::{Json, extract::State};
use mcpbox_catalog::listing;
use serde::Serialize;
use utoipa::ToSchema;

use super::list::CallQuery;
use crate::{api::Answer, auth::Viewer, extract::Query, state::AdminState};

/// How many runs there were.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CallCounts {
    /// All.
    total: u64,
    /// Those that failed.
    failed: u64,
}

/// Counts runs that match the filters.
#[utoipa::path(get, path = "/calls/counts", tag = "calls", params(CallQuery), responses((status = OK, body = CallCounts)))]
pub(crate) async fn count(
    State(state): State<AdminState>,
    viewer: Viewer,
    Query(query): Query<CallQuery>,
) -> Answer<CallCounts> {
    let filter = query.filter(&state, &viewer).await?;
    let counts = listing::call_counts(&state.catalog, &filter).await?;
    Ok(Json(CallCounts { total: counts.total, failed: counts.failed }))
}
