//! Taking an approval back, whether a human or a rule gave it: in one call, at once.

use std::sync::Arc;

use mcpbox_core::{
    event::LiveEvent,
    failure::{Failure, FailureKind},
    ids::{ReviewId, VersionId},
    paging::PageRequest,
    review::{Review, ReviewState},
    version::{Version, VersionDecision, VersionEvent, VersionState},
};
use mcpbox_store::{reviews, tools, versions};
use serde::Serialize;
use serde_json::json;

use crate::{Catalog, CatalogError, Reviewer, change::Change, error::refused, load, load::Loaded, text};

/// An approval that was taken back.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Revocation {
    /// The review, revoked.
    pub review: Review,
    /// `server__tool`, as it is called now.
    pub tool: String,
    /// The version's number.
    pub version: u32,
    /// The number of the version that calls run now; none when nothing is published any more.
    pub live_version: Option<u32>,
    /// What is left to look at.
    pub remarks: Vec<String>,
}

/// Takes an approval back. Calls run the version approved before it, or none when there is none.
///
/// # Errors
/// `not_found`; `conflict` when the review is not approved.
pub async fn revoke(
    cat: &Arc<Catalog>,
    reviewer: &Reviewer,
    id: ReviewId,
    comment: &str,
) -> Result<Revocation, CatalogError> {
    let comment = text::remark("comment", comment)?;
    let mut change = Change::begin(cat, reviewer.actor()).await?;
    let mut review = reviews::by_id(&change.tx, id)
        .await?
        .ok_or_else(|| refused(FailureKind::NotFound, format!("there is no review {id}")))?;
    let version = versions::by_id(&change.tx, review.version_id).await?;
    let version = version.ok_or_else(|| refused(FailureKind::NotFound, "the version of this review is gone"))?;
    let to = version.state.apply(VersionEvent::Revoke).map_err(|_| not_approved(&review))?;
    if !reviews::revoke(&change.tx, id).await? {
        return Err(not_approved(&review));
    }
    let decision = VersionDecision { by: change.actor.clone(), at: change.now, comment: comment.clone() };
    if !versions::set_state(&change.tx, version.id, version.state, to, Some(&decision)).await? {
        return Err(not_approved(&review));
    }
    let mut loaded = load::tool(&change.tx, review.tool_id).await?;
    let now_live = withdraw(&change, &mut loaded, version.id).await?;
    let detail = json!({"name": loaded.name(), "version": version.number, "content_hash": review.content_hash, "comment": comment,
                        "server_id": loaded.server.id, "tool_id": loaded.tool.id, "version_id": version.id,
                        "live_version": loaded.tool.live_version});
    change.audit("review.revoke", format!("review:{id}"), detail).await?;
    change.touch_tool(loaded.tool.id);
    change.tell(LiveEvent::ReviewChanged { review_id: id });
    change.commit().await?;
    review.state = ReviewState::Revoked;
    let remarks = remarks(&review, now_live);
    Ok(Revocation { review, tool: loaded.name(), version: version.number, live_version: now_live, remarks })
}

fn not_approved(review: &Review) -> CatalogError {
    let state = format!("{:?}", review.state).to_lowercase();
    let failure =
        Failure::new(FailureKind::Conflict, format!("this review is {state}; only an approval can be taken back"));
    failure.hint("an open review is sent back with reject").into()
}

/// Points the tool at the version approved before. Gives the number of the version that is live then.
async fn withdraw(change: &Change, loaded: &mut Loaded, revoked: VersionId) -> Result<Option<u32>, CatalogError> {
    if loaded.tool.live_version != Some(revoked) {
        return loaded.live_number(&change.tx).await;
    }
    let before = before(change, loaded, revoked).await?;
    if let Some(before) = &before {
        loaded.tool.name = before.content.name.clone();
    }
    (loaded.tool.live_version, loaded.tool.updated_at) = (before.as_ref().map(|version| version.id), change.now);
    tools::update(&change.tx, &loaded.tool).await?;
    Ok(before.map(|version| version.number))
}

/// The version that was approved last before and still is, if its name is still free.
async fn before(change: &Change, loaded: &Loaded, revoked: VersionId) -> Result<Option<Version>, CatalogError> {
    let all = versions::list(&change.tx, loaded.tool.id, PageRequest::new(1, 100)).await?;
    let approved = all.items.into_iter().filter(|other| other.id != revoked && other.state == VersionState::Approved);
    let Some(last) = approved.max_by_key(|other| other.decision.as_ref().map(|decision| decision.at)) else {
        return Ok(None);
    };
    let holder = tools::by_server_and_name(&change.tx, loaded.server.id, &last.content.name).await?;
    Ok(holder.is_none_or(|holder| holder.id == loaded.tool.id).then_some(last))
}

fn remarks(review: &Review, now_live: Option<u32>) -> Vec<String> {
    let mut remarks = Vec::new();
    if now_live.is_none() {
        remarks.push("nothing of this tool is published any more".to_owned());
    }
    if !review.requested.is_empty() {
        let granted: Vec<String> = review.requested.iter().map(ToString::to_string).collect();
        remarks.push(format!(
            "what came with it stays granted to the tool: {}; revoke those grants if it should not",
            granted.join(", ")
        ));
    }
    remarks
}
