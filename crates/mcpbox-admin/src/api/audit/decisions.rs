//! `GET /api/audit/decisions`.

use axum::{Json, extract::State};
use mcpbox_catalog::decisions::{self, DecisionLog};

use crate::{
    api::{Answer, policy::DaysQuery},
    auth::Viewer,
    extract::Query,
    state::AdminState,
};

/// Shows how long each admin looks before deciding, how often too short, and what was taken back later.
#[utoipa::path(get, path = "/audit/decisions", tag = "audit", params(DaysQuery), responses((status = OK, body = DecisionLog)))]
pub(crate) async fn decisions(
    State(state): State<AdminState>,
    _: Viewer,
    Query(query): Query<DaysQuery>,
) -> Answer<DecisionLog> {
    Ok(Json(decisions::decision_log(&state.catalog, query.days()).await?))
}
