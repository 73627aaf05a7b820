//! `GET /api/tools/search`: as LLMs find tools.

use axum::{Json, extract::State};
use mcpbox_catalog::listing::{self, Detail, SearchReply};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{api::Answer, auth::Viewer, extract::Query, state::AdminState};

/// What to look for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct SearchQuery {
    /// Words.
    query: String,
    /// Tools to find at most, 1 to 50; 10 unless given.
    #[param(minimum = 1, maximum = 50)]
    limit: Option<usize>,
    /// How much of each to tell.
    detail: Option<Detail>,
}

/// Searches published tools by name, description and parameters, best first.
#[utoipa::path(get, path = "/tools/search", tag = "tools", params(SearchQuery), responses((status = OK, body = SearchReply)))]
pub(crate) async fn search(
    State(state): State<AdminState>,
    viewer: Viewer,
    Query(query): Query<SearchQuery>,
) -> Answer<SearchReply> {
    let (limit, detail) = (query.limit.unwrap_or(10), query.detail.unwrap_or_default());
    Ok(Json(listing::search_tools(&state.catalog, viewer.caller(), &query.query, limit, detail)))
}
