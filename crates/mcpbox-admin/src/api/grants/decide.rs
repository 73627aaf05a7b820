//! `POST /api/grants/{id}/approve`, `/reject` and `/revoke`.

use axum::extract::State;
use mcpbox_catalog::review;
use mcpbox_core::{
    grant::{Grant, GrantEvent},
    hash::ContentHash,
    ids::GrantId,
};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    api::Answer,
    auth::Decider,
    extract::{Json, Path},
    problem::Details,
    state::AdminState,
};

/// The words of a decision.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GrantDecision {
    /// The `content_hash` of the grant as it was seen. When it is not so any more, nothing is done and the answer says what it
    /// is now.
    content_hash: ContentHash,
    /// Why; goes to the LLM.
    #[serde(default)]
    comment: String,
}

/// Approves a request for a single capability that is in no open review; what is in one is approved with it.
#[utoipa::path(
    post, path = "/grants/{id}/approve", tag = "grants",
    params(("id" = GrantId, Path, description = "Id of the grant")),
    request_body = GrantDecision,
    responses(
        (status = OK, body = Grant),
        (status = CONFLICT, body = Details, description = "Changed or decided since it was seen", content_type = "application/problem+json")
    )
)]
pub(crate) async fn approve(
    State(state): State<AdminState>,
    Decider(reviewer): Decider,
    Path(id): Path<GrantId>,
    Json(request): Json<GrantDecision>,
) -> Answer<Grant> {
    let grant = review::decide_grant(
        &state.catalog,
        &reviewer,
        id,
        &request.content_hash,
        GrantEvent::Approve,
        &request.comment,
    )
    .await?;
    Ok(axum::Json(grant))
}

/// Refuses a request for a single capability.
#[utoipa::path(
    post, path = "/grants/{id}/reject", tag = "grants",
    params(("id" = GrantId, Path, description = "Id of the grant")),
    request_body = GrantDecision,
    responses(
        (status = OK, body = Grant),
        (status = CONFLICT, body = Details, description = "Changed or decided since it was seen", content_type = "application/problem+json")
    )
)]
pub(crate) async fn reject(
    State(state): State<AdminState>,
    Decider(reviewer): Decider,
    Path(id): Path<GrantId>,
    Json(request): Json<GrantDecision>,
) -> Answer<Grant> {
    let grant = review::decide_grant(
        &state.catalog,
        &reviewer,
        id,
        &request.content_hash,
        GrantEvent::Reject,
        &request.comment,
    )
    .await?;
    Ok(axum::Json(grant))
}

/// Takes a grant back, at once.
#[utoipa::path(
    post, path = "/grants/{id}/revoke", tag = "grants",
    params(("id" = GrantId, Path, description = "Id of the grant")),
    request_body = GrantDecision,
    responses(
        (status = OK, body = Grant),
        (status = CONFLICT, body = Details, description = "Changed or decided since it was seen", content_type = "application/problem+json")
    )
)]
pub(crate) async fn revoke(
    State(state): State<AdminState>,
    Decider(reviewer): Decider,
    Path(id): Path<GrantId>,
    Json(request): Json<GrantDecision>,
) -> Answer<Grant> {
    let grant = review::decide_grant(
        &state.catalog,
        &reviewer,
        id,
        &request.content_hash,
        GrantEvent::Revoke,
        &request.comment,
    )
    .await?;
    Ok(axum::Json(grant))
}
