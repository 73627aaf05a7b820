//! After approval: the first runs of what was approved, and taking it all back in one step.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use mcpbox_core::{
    call::{CallRecord, Profile},
    failure::{Failure, FailureKind},
    grant::Grant,
    ids::{GrantId, ReviewId},
    name::published_name,
    review::{Review, ReviewPurpose, ReviewState, TakenBack},
    version::{Version, VersionDecision, VersionEvent, VersionState},
};
use mcpbox_store::{
    calls::{self, CallFilter},
    grants::{self, GrantDecision},
    reviews, tools, versions,
};
use serde::Serialize;
use serde_json::json;

use super::{
    Decision,
    finish::finish,
    open::{by_id, version_of},
};
use crate::{
    Catalog, CatalogError, Reviewer,
    bundle::join_open_review,
    change::Change,
    load::{self, Loaded},
    text,
};

/// First runs that are shown unless asked otherwise.
pub const FIRST_RUNS: u64 = 20;

/// What a version did since it was approved.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FirstRuns {
    /// The review.
    pub review_id: ReviewId,
    /// `server__tool`.
    pub tool: String,
    /// The version's number.
    pub version: u32,
    /// Since when; none while it is not approved.
    pub approved_at: Option<DateTime<Utc>>,
    /// Whether it can be taken back now.
    pub is_revocable: bool,
    /// The first calls, oldest first.
    pub runs: Vec<CallRecord>,
    /// All calls since then.
    pub total: u64,
    /// Those that failed.
    pub failed: u64,
}

/// The first calls of what a review approved.
///
/// # Errors
/// `not_found`.
pub async fn first_runs(cat: &Catalog, review: ReviewId, limit: u64) -> Result<FirstRuns, CatalogError> {
    let reader = cat.store.reader();
    let review = by_id(&reader, review).await?;
    let loaded = load::tool(&reader, review.tool_id).await?;
    let version = version_of(&reader, &review).await?;
    let was_approved = matches!(review.state, ReviewState::Approved | ReviewState::Revoked);
    let approved_at = review.decided_at.filter(|_| was_approved);
    let (runs, counts) = match approved_at {
        None => (Vec::new(), calls::CallCounts::default()),
        Some(since) => {
            let (version, profile) = (Some(version.id), Some(Profile::Live));
            let all = CallFilter { version, profile, since: Some(since), ..CallFilter::default() };
            let runs = calls::first_of_version(&reader, review.version_id, since, limit).await?;
            (runs, calls::counts(&reader, &all).await?)
        }
    };
    Ok(FirstRuns {
        review_id: review.id,
        tool: published_name(&loaded.server.name, &version.content.name),
        version: version.number,
        approved_at,
        is_revocable: review.state == ReviewState::Approved,
        runs,
        total: counts.total,
        failed: counts.failed,
    })
}

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
    /// What became of it.
    pub remarks: Vec<String>,
}

/// Takes back all that a review approved, at once, whether a human or a rule did: the grants it gave, and the version, in whose place the one that was
/// live before serves again, if it still is approved.
///
/// # Errors
/// `conflict` when the review is not approved; `not_found`.
pub async fn revoke(
    cat: &Arc<Catalog>,
    reviewer: &Reviewer,
    review: ReviewId,
    comment: &str,
) -> Result<Revocation, CatalogError> {
    let comment = text::remark("comment", comment)?;
    let mut change = Change::begin(cat, reviewer.actor()).await?;
    let mut review = by_id(&change.tx, review).await?;
    let taken_back = TakenBack { by: change.actor.clone(), at: change.now, comment };
    if !reviews::revoke(&change.tx, review.id, &taken_back).await? {
        return Err(not_revocable(&review).into());
    }
    let mut loaded = load::tool(&change.tx, review.tool_id).await?;
    let version = version_of(&change.tx, &review).await?;
    let withdrawn = withdraw_grants(&change, &review, &taken_back).await?;
    if review.purpose == ReviewPurpose::Publish {
        withdraw_version(&change, &version, &taken_back).await?;
        if loaded.tool.live_version == Some(version.id) {
            go_back(&mut change, &mut loaded, &review).await?;
        }
    }
    // What is asked for now may have to ask for what was just taken back.
    join_open_review(&mut change, &loaded).await?;
    let live_version = loaded.live_number(&change.tx).await?;
    let ids: Vec<GrantId> = withdrawn.iter().map(|grant| grant.id).collect();
    let detail = json!({"name": loaded.name(), "version": version.number, "purpose": review.purpose, "content_hash": review.content_hash,
                        "server_id": loaded.server.id, "tool_id": loaded.tool.id, "version_id": version.id,
                        "live_version": loaded.tool.live_version, "grants": ids, "comment": taken_back.comment});
    change.audit("review.revoke", format!("review:{}", review.id), detail).await?;
    let remarks = remarks(&review, live_version, &withdrawn);
    (review.state, review.revoked) = (ReviewState::Revoked, Some(taken_back));
    let Decision { review, tool, version, .. } = finish(cat, change, review, loaded, version, Vec::new()).await?;
    Ok(Revocation { review, tool, version, live_version, remarks })
}

fn remarks(review: &Review, live: Option<u32>, withdrawn: &[Grant]) -> Vec<String> {
    let serves = match (live, review.purpose) {
        (Some(live), ReviewPurpose::Publish) => Some(format!("version {live} serves now")),
        (None, ReviewPurpose::Publish) => Some("nothing of this tool is published any more".to_owned()),
        (_, ReviewPurpose::Grant) => None,
    };
    let grants: Vec<String> = withdrawn.iter().map(|grant| grant.capability.to_string()).collect();
    let taken = (!grants.is_empty()).then(|| format!("it may no longer use {}", grants.join(", ")));
    serves.into_iter().chain(taken).collect()
}

fn not_revocable(review: &Review) -> Failure {
    let message = match (&review.revoked, review.state) {
        (Some(before), _) => {
            format!("{} took this back already, on {}", before.by.name, before.at.format("%Y-%m-%d at %H:%M:%S UTC"))
        }
        (None, ReviewState::Open) => "this review is not decided yet; send it back instead".to_owned(),
        (None, _) => "this review was not approved, so there is nothing to take back".to_owned(),
    };
    Failure::new(FailureKind::Conflict, message)
}

async fn withdraw_grants(change: &Change, review: &Review, taken_back: &TakenBack) -> Result<Vec<Grant>, CatalogError> {
    let decision = GrantDecision {
        by: taken_back.by.clone(),
        at: taken_back.at,
        comment: taken_back.comment.clone(),
        review_id: None,
        expires_at: None,
    };
    let mut withdrawn = Vec::new();
    for grant in grants::of_review(&change.tx, review.id).await? {
        if grants::withdraw(&change.tx, grant.id, &decision).await? {
            withdrawn.push(grant);
        }
    }
    Ok(withdrawn)
}

async fn withdraw_version(change: &Change, version: &Version, taken_back: &TakenBack) -> Result<(), CatalogError> {
    let Ok(to) = version.state.apply(VersionEvent::Revoke) else { return Ok(()) };
    let TakenBack { by, at, comment } = taken_back.clone();
    versions::set_state(&change.tx, version.id, version.state, to, Some(&VersionDecision { by, at, comment })).await?;
    Ok(())
}

/// Makes the version live that was before, when it still is approved and its name is free; else none.
async fn go_back(change: &mut Change, loaded: &mut Loaded, review: &Review) -> Result<(), CatalogError> {
    let before = match review.replaces {
        Some(before) => versions::by_id(&change.tx, before).await?,
        None => None,
    };
    let before = before.filter(|before| before.state == VersionState::Approved);
    let before = match before {
        Some(before) => {
            let owner = tools::by_server_and_name(&change.tx, loaded.server.id, &before.content.name).await?;
            owner.is_none_or(|owner| owner.id == loaded.tool.id).then_some(before)
        }
        None => None,
    };
    loaded.tool.live_version = before.as_ref().map(|before| before.id);
    if let Some(before) = before {
        loaded.tool.name = before.content.name;
    }
    loaded.tool.updated_at = change.now;
    tools::update(&change.tx, &loaded.tool).await?;
    Ok(())
}
