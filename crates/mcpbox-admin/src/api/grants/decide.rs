//! `POST /api/grants/{id}/approve`, `/reject` and `/revoke`.

use axum::extract::State;
use mcpbox_catalog::review;
use mcpbox_core::{
    grant::{Grant, GrantEvent},
    ids::GrantId,
};

use crate::{
    api::{Answer, Remark},
    auth::Decider,
    extract::{Json, Path},
    state::AdminState,
};

/// Approves a request for a single capability that is in no open review; what is in one is approved with it.
#[utoipa::path(
    post, path = "/grants/{id}/approve", tag = "grants",
    params(("id" = GrantId, Path, description = "Id of the grant")),
    request_body = Remark, responses((status = OK, body = Grant))
)]
pub(crate) async fn approve(
    State(state): State<AdminState>,
    Decider(reviewer): Decider,
    Path(id): Path<GrantId>,
    Json(request): Json<Remark>,
) -> Answer<Grant> {
    let grant = review::decide_grant(&state.catalog, &reviewer, id, GrantEvent::Approve, &request.comment).await?;
    Ok(axum::Json(grant))
}

/// Refuses a request for a single capability.
#[utoipa::path(
    post, path = "/grants/{id}/reject", tag = "grants",
    params(("id" = GrantId, Path, description = "Id of the grant")),
    request_body = Remark, responses((status = OK, body = Grant))
)]
pub(crate) async fn reject(
    State(state): State<AdminState>,
    Decider(reviewer): Decider,
    Path(id): Path<GrantId>,
    Json(request): Json<Remark>,
) -> Answer<Grant> {
    let grant = review::decide_grant(&state.catalog, &reviewer, id, GrantEvent::Reject, &request.comment).await?;
    Ok(axum::Json(grant))
}

/// Takes a grant back, at once.
#[utoipa::path(
    post, path = "/grants/{id}/revoke", tag = "grants",
    params(("id" = GrantId, Path, description = "Id of the grant")),
    request_body = Remark, responses((status = OK, body = Grant))
)]
pub(crate) async fn revoke(
    State(state): State<AdminState>,
    Decider(reviewer): Decider,
    Path(id): Path<GrantId>,
    Json(request): Json<Remark>,
) -> Answer<Grant> {
    let grant = review::decide_grant(&state.catalog, &reviewer, id, GrantEvent::Revoke, &request.comment).await?;
    Ok(axum::Json(grant))
}
