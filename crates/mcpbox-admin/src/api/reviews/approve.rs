//! `POST /api/reviews/{id}/approve`.

use axum::extract::State;
use mcpbox_catalog::review::{self, Approval, Decision, Term};
use mcpbox_core::{hash::ContentHash, ids::ReviewId, review::Refusal};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    api::Answer,
    auth::Decider,
    extract::{Json, Path},
    problem::Details,
    state::AdminState,
};

/// An approval of exactly what the human saw, or of a part of it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApprovalRequest {
    /// The review's `content_hash` as it was shown; when it is no longer that, the answer is 409 and says what changed.
    content_hash: ContentHash,
    /// Words for the author; they go to the LLM.
    #[serde(default)]
    comment: String,
    /// Ids of the findings that were read, one by one: all of the review's `approval_needs.acknowledge`.
    #[serde(default)]
    acknowledged: Vec<String>,
    /// The tool's name as the human typed it, where `approval_needs.tool_name` asks for it.
    #[serde(default)]
    tool_name: Option<String>,
    /// Capabilities not to grant. Where the tool can live without them the rest is approved, else the bundle goes back.
    #[serde(default)]
    refused: Vec<Refusal>,
    /// Capabilities to grant until a time only.
    #[serde(default)]
    terms: Vec<Term>,
}

impl ApprovalRequest {
    fn split(self) -> (ContentHash, Approval) {
        let Self { content_hash, comment, acknowledged, tool_name, refused, terms } = self;
        (content_hash, Approval { comment, acknowledged, tool_name, refused, terms, in_bulk: false })
    }
}

/// Approves a bundle exactly as it was shown, or in part; the version goes live at once. High risk wants every serious
/// finding acknowledged by its id, critical also the tool's name typed.
#[utoipa::path(
    post, path = "/reviews/{id}/approve", tag = "reviews",
    params(("id" = ReviewId, Path, description = "Id of the review")),
    request_body = ApprovalRequest,
    responses(
        (status = OK, body = Decision, description = "Decided: approved, or sent back because it cannot do without what was refused"),
        (status = CONFLICT, body = Details, description = "It changed (`stale`) or was decided (`decided`) since it was shown", content_type = "application/problem+json"),
        (status = UNPROCESSABLE_ENTITY, body = Details, description = "A finding is not acknowledged, or the tool's name not typed", content_type = "application/problem+json")
    )
)]
pub(crate) async fn approve(
    State(state): State<AdminState>,
    Decider(reviewer): Decider,
    Path(id): Path<ReviewId>,
    Json(request): Json<ApprovalRequest>,
) -> Answer<Decision> {
    let (seen, approval) = request.split();
    Ok(axum::Json(review::approve(&state.catalog, &reviewer, id, &seen, approval).await?))
}
