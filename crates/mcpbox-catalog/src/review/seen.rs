//! What each admin read last of a tool's reviews, so that the next look shows what changed since.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use mcpbox_core::{
    failure::{Failure, FailureKind},
    hash::ContentHash,
    ids::ReviewId,
    review::Review,
};
use mcpbox_store::{
    Connection,
    revisions::{self, View},
};
use serde::Serialize;
use serde_json::json;

use super::{
    changes::Changes,
    open::{by_id, changes},
};
use crate::{Catalog, CatalogError, Reviewer, change::Change};

/// What an admin read last of a tool's reviews.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LastLook {
    /// When.
    pub seen_at: DateTime<Utc>,
    /// The review that it was of; an earlier one when the bundle was submitted again.
    pub review_id: ReviewId,
    /// What it was.
    pub content_hash: ContentHash,
    /// What changed since; absent when it is what they read.
    pub changes: Option<Changes>,
}

/// Notes that the human read a review as it was when it had this hash.
///
/// # Errors
/// `not_found` for a review that is not there; `conflict` for a hash that it never had.
pub async fn mark_seen(
    cat: &Arc<Catalog>,
    reviewer: &Reviewer,
    review: ReviewId,
    hash: &ContentHash,
) -> Result<(), CatalogError> {
    let mut change = Change::begin(cat, reviewer.actor()).await?;
    let review = by_id(&change.tx, review).await?;
    if revisions::by_hash(&change.tx, review.id, hash).await?.is_none() {
        let failure = Failure::new(FailureKind::Conflict, "this review never had that hash");
        return Err(failure.hint("name the content_hash with which it was shown").into());
    }
    put(&change, reviewer, &review, hash).await?;
    change.audit("review.read", format!("review:{}", review.id), json!({"content_hash": hash})).await?;
    change.commit().await
}

/// Notes that the human decided on a review, and so read it.
pub(super) async fn note_view(change: &Change, reviewer: &Reviewer, review: &Review) -> Result<(), CatalogError> {
    put(change, reviewer, review, &review.content_hash).await
}

async fn put(change: &Change, reviewer: &Reviewer, review: &Review, hash: &ContentHash) -> Result<(), CatalogError> {
    let view = View {
        user_id: reviewer.user_id(),
        review_id: review.id,
        tool_id: review.tool_id,
        content_hash: hash.clone(),
        seen_at: change.now,
    };
    Ok(revisions::put_view(&change.tx, &view).await?)
}

/// What a human read last of this tool, and what changed since.
pub(super) async fn last_look(
    connection: &impl Connection,
    reviewer: &Reviewer,
    review: &Review,
) -> Result<Option<LastLook>, CatalogError> {
    let Some(view) = revisions::last_view(connection, reviewer.user_id(), review.tool_id).await? else {
        return Ok(None);
    };
    let changes = match view.content_hash == review.content_hash {
        true => None,
        false => changes(connection, (view.review_id, &view.content_hash), review).await?,
    };
    Ok(Some(LastLook { seen_at: view.seen_at, review_id: view.review_id, content_hash: view.content_hash, changes }))
}
