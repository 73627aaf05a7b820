//! Deciding on several reviews at once: sending back always, approving only what has low risk. Each is a decision of its
//! own, so that one that changed meanwhile does not hold up the others.

use std::sync::Arc;

use mcpbox_core::{
    failure::{Failure, FailureKind},
    hash::ContentHash,
    ids::ReviewId,
    name::published_name,
};
use mcpbox_store::calls;
use serde::{Deserialize, Serialize};

use super::{
    Approval, Decision, approve, friction,
    open::{by_id, version_of},
    reject,
};
use crate::{Catalog, CatalogError, Reviewer, assessment::Asked, load, needs::Standing, rating::rate};

/// Reviews decided at once.
const BULK_MAX: usize = 100;

/// A review as the human saw it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SeenReview {
    /// Its id.
    pub id: ReviewId,
    /// Its `content_hash` as it was shown.
    pub content_hash: ContentHash,
}

/// What became of one of several.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BulkResult {
    /// The review.
    pub id: ReviewId,
    /// The decision, when it was made.
    pub decision: Option<Decision>,
    /// Why it was not.
    pub failure: Option<Failure>,
}

/// Approves several reviews of low risk. Nothing is decided when one of them has a higher one.
///
/// # Errors
/// `invalid_arguments` when one has a higher risk, or when there are none or too many; `not_found`.
pub async fn approve_many(
    cat: &Arc<Catalog>,
    reviewer: &Reviewer,
    reviews: &[SeenReview],
    comment: &str,
) -> Result<Vec<BulkResult>, CatalogError> {
    check_number(reviews)?;
    let mut risky = Vec::new();
    for seen in reviews {
        risky.extend(above_low(cat, seen.id).await?);
    }
    if !risky.is_empty() {
        let message = format!("only reviews of low risk can be approved together; these are not: {}", risky.join(", "));
        let failure = Failure::new(FailureKind::InvalidArguments, message);
        return Err(failure.hint("open these one by one; nothing was decided").into());
    }
    let mut results = Vec::with_capacity(reviews.len());
    for seen in reviews {
        let approval = Approval { comment: comment.to_owned(), in_bulk: true, ..Approval::default() };
        results.push(result(seen.id, approve(cat, reviewer, seen.id, &seen.content_hash, approval).await));
    }
    Ok(results)
}

/// Sends several reviews back, with the same words.
///
/// # Errors
/// `invalid_arguments` when there are none or too many.
pub async fn reject_many(
    cat: &Arc<Catalog>,
    reviewer: &Reviewer,
    reviews: &[SeenReview],
    comment: &str,
) -> Result<Vec<BulkResult>, CatalogError> {
    check_number(reviews)?;
    let mut results = Vec::with_capacity(reviews.len());
    for seen in reviews {
        results.push(result(seen.id, reject(cat, reviewer, seen.id, &seen.content_hash, comment).await));
    }
    Ok(results)
}

fn check_number(reviews: &[SeenReview]) -> Result<(), Failure> {
    if (1..=BULK_MAX).contains(&reviews.len()) {
        return Ok(());
    }
    let message = format!("{} reviews are named; name 1 to {BULK_MAX}", reviews.len());
    Err(Failure::new(FailureKind::InvalidArguments, message))
}

/// The name of a review's tool, when its risk is above low.
async fn above_low(cat: &Catalog, id: ReviewId) -> Result<Option<String>, CatalogError> {
    let reader = cat.store.reader();
    let review = by_id(&reader, id).await?;
    let loaded = load::tool(&reader, review.tool_id).await?;
    let version = version_of(&reader, &review).await?;
    let standing = Standing::read(&reader, &loaded.server, loaded.tool.id).await?;
    let server = &loaded.server;
    let live = load::live_beside(&reader, &loaded.tool, version.id).await?;
    let (live, requested, snapshot) = (live.as_ref(), &review.requested, cat.snapshot());
    let asked = Asked { server, version: &version, live, requested, standing: &standing, snapshot: &snapshot };
    let rating = rate(&asked, &calls::evidence_for_version(&reader, version.id).await?);
    let needs = friction::needs(&rating, review.risk, server, &version);
    Ok((!needs.bulk).then(|| published_name(&server.name, &version.content.name)))
}

fn result(id: ReviewId, decided: Result<Decision, CatalogError>) -> BulkResult {
    match decided {
        Ok(decision) => BulkResult { id, decision: Some(decision), failure: None },
        Err(error) => BulkResult { id, decision: None, failure: Some(error.into_failure()) },
    }
}
