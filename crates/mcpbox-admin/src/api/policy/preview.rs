//! `GET /api/policy/preview`.

use axum::{Json, extract::State};
use mcpbox_catalog::policy::{self, Preview};

use super::DaysQuery;
use crate::{api::Answer, auth::Viewer, extract::Query, state::AdminState};

/// Shows what each rule, on or off, would have decided lately, and why not.
#[utoipa::path(get, path = "/policy/preview", tag = "policy", params(DaysQuery), responses((status = OK, body = Preview)))]
pub(crate) async fn preview(
    State(state): State<AdminState>,
    _: Viewer,
    Query(query): Query<DaysQuery>,
) -> Answer<Preview> {
    Ok(Json(policy::preview(&state.catalog, query.days()).await?))
}
