//! `/api/oauth/requests`: clients at the door. Whoever allows one has compared its code with that of the browser.

use axum::extract::State;
use http::StatusCode;
use mcpbox_catalog::oauth::{self, WaitingRequest};
use mcpbox_core::{ids::AuthorizationRequestId, paging::Page, principal::Scope};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    api::{Answer, PageQuery, page_of},
    auth::{Decider, Viewer},
    extract::{Json, Path, Query},
    problem::Problem,
    state::AdminState,
};

/// What is allowed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AuthorizationApproval {
    /// The code that the browser shows, such as `BCDF-GHJK`.
    code: String,
    /// One or more of the scopes that it asks for.
    scopes: Vec<Scope>,
}

/// Lists clients that wait for a human, newest first.
#[utoipa::path(
    get, path = "/oauth/requests", tag = "oauth", operation_id = "list_requests", params(PageQuery),
    responses((status = OK, body = Page<WaitingRequest>))
)]
pub(crate) async fn list(
    State(state): State<AdminState>,
    _: Viewer,
    Query(page): Query<PageQuery>,
) -> Answer<Page<WaitingRequest>> {
    Ok(axum::Json(page_of(oauth::waiting(&state.catalog).await?, page.request())))
}

/// Allows a client what it asks for, or a part of that.
#[utoipa::path(
    post, path = "/oauth/requests/{id}/approve", tag = "oauth", operation_id = "approve_request",
    params(("id" = AuthorizationRequestId, Path, description = "Id of the request")),
    request_body = AuthorizationApproval, responses((status = NO_CONTENT, description = "Allowed; its browser goes on by itself"))
)]
pub(crate) async fn approve(
    State(state): State<AdminState>,
    Decider(reviewer): Decider,
    Path(id): Path<AuthorizationRequestId>,
    Json(approval): Json<AuthorizationApproval>,
) -> Result<StatusCode, Problem> {
    oauth::approve(&state.catalog, &reviewer, id, &approval.code, &approval.scopes).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Refuses a client.
#[utoipa::path(
    post, path = "/oauth/requests/{id}/deny", tag = "oauth", operation_id = "deny_request",
    params(("id" = AuthorizationRequestId, Path, description = "Id of the request")),
    responses((status = NO_CONTENT, description = "Refused"))
)]
pub(crate) async fn deny(
    State(state): State<AdminState>,
    Decider(reviewer): Decider,
    Path(id): Path<AuthorizationRequestId>,
) -> Result<StatusCode, Problem> {
    oauth::deny(&state.catalog, &reviewer, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
