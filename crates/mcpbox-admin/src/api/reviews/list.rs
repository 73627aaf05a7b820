//! `GET /api/reviews`.

use axum::{Json, extract::State};
use mcpbox_catalog::review::{self, ReviewItem};
use mcpbox_core::{paging::Page, review::ReviewState};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    api::{Answer, page_request},
    auth::Viewer,
    extract::Query,
    state::AdminState,
};

/// Which reviews to list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReviewQuery {
    /// Only those in this state.
    state: Option<ReviewState>,
    /// Page, from 1.
    #[param(minimum = 1)]
    page: Option<u64>,
    /// Rows a page, 1 to 100; 50 unless given.
    #[param(minimum = 1, maximum = 100)]
    page_size: Option<u64>,
}

/// Lists reviews: with `state=open` worst first, then oldest; otherwise newest first.
#[utoipa::path(get, path = "/reviews", tag = "reviews", params(ReviewQuery), responses((status = OK, body = Page<ReviewItem>)))]
pub(crate) async fn list(
    State(state): State<AdminState>,
    _: Viewer,
    Query(query): Query<ReviewQuery>,
) -> Answer<Page<ReviewItem>> {
    let page = page_request(query.page, query.page_size);
    Ok(Json(review::list(&state.catalog, query.state, page).await?))
}
