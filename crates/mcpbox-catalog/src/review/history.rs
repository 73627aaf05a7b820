//! What was decided on a tool before, by whom and why.

use chrono::{DateTime, Utc};
use mcpbox_core::{
    capability::Capabilities,
    hash::ContentHash,
    ids::ReviewId,
    principal::Actor,
    review::{Refusal, Review, ReviewPurpose, ReviewState, Risk, TakenBack},
};
use mcpbox_store::{Connection, reviews, versions};
use serde::Serialize;

use crate::CatalogError;

/// A decision on another review of the same tool.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PastDecision {
    /// The review.
    pub review_id: ReviewId,
    /// The version's number; none when it is gone.
    pub version: Option<u32>,
    /// What approval was for.
    pub purpose: ReviewPurpose,
    /// What became of it.
    pub state: ReviewState,
    /// How much care it wanted.
    pub risk: Risk,
    /// What was decided on.
    pub content_hash: ContentHash,
    /// What it asked for.
    pub requested: Capabilities,
    /// What of that was refused, and why.
    pub refused: Vec<Refusal>,
    /// Who decided.
    pub decided_by: Option<Actor>,
    /// When.
    pub decided_at: Option<DateTime<Utc>>,
    /// Why.
    pub comment: String,
    /// Who took it back, when and why.
    pub revoked: Option<TakenBack>,
}

/// The other decisions on the tool of this review, newest first.
pub(super) async fn of_tool(connection: &impl Connection, this: &Review) -> Result<Vec<PastDecision>, CatalogError> {
    let decided = reviews::decided_for_tool(connection, this.tool_id).await?;
    let mut history = Vec::with_capacity(decided.len());
    for review in decided.into_iter().filter(|review| review.id != this.id) {
        let version = versions::by_id(connection, review.version_id).await?.map(|version| version.number);
        history.push(PastDecision {
            review_id: review.id,
            version,
            purpose: review.purpose,
            state: review.state,
            risk: review.risk,
            content_hash: review.content_hash,
            requested: review.requested,
            refused: review.refused,
            decided_by: review.decided_by,
            decided_at: review.decided_at,
            comment: review.comment,
            revoked: review.revoked,
        });
    }
    Ok(history)
}
