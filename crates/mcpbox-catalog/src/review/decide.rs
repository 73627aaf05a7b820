//! Deciding a review. Approval is the only way a version gets live: one transaction that compares the hash the human
//! saw, re-hashes the content, approves version and grants, and writes audit and outbox rows.

use std::{collections::BTreeSet, sync::Arc};

use mcpbox_core::{
    capability::Capability,
    event::LiveEvent,
    failure::{Failure, FailureKind},
    grant::{Grant, GrantEvent, GrantScope, GrantState},
    hash::ContentHash,
    ids::{GrantId, ReviewId, VersionId},
    name::published_name,
    review::{Review, ReviewState, bundle_hash},
    server::ServerStatus,
    version::{Version, VersionDecision, VersionEvent},
};
use mcpbox_store::{
    grants::{self, GrantDecision},
    resolutions,
    reviews::{self, ReviewDecision},
    tools, versions,
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    Catalog, CatalogError, Reviewer,
    audited::GrantInForce,
    change::Change,
    error::refused,
    load::{self, Loaded},
    needs::Standing,
    packages::{self, Set},
    policy::Ruling,
    text,
};

/// A decision that was made.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Decision {
    /// The review, decided.
    pub review: Review,
    /// `server__tool`, as it is called now.
    pub tool: String,
    /// The version's number.
    pub version: u32,
    /// The version that calls run now.
    pub live_version: Option<VersionId>,
    /// Whether clients see the tool now.
    pub published: bool,
    /// What is left to do before calls succeed: start the server, set a secret …
    pub remarks: Vec<String>,
}

/// Approves a bundle exactly as the human saw it; the version goes live at once.
///
/// # Errors
/// `Stale` when the bundle changed or was decided since; `not_found`; `conflict` when its name is taken meanwhile.
pub async fn approve(
    cat: &Arc<Catalog>,
    reviewer: &Reviewer,
    review: ReviewId,
    seen: &ContentHash,
    comment: &str,
) -> Result<Decision, CatalogError> {
    let comment = text::remark("comment", comment)?;
    let change = Change::begin(cat, reviewer.actor()).await?;
    approve_in(cat, change, (review, seen), comment, json!({})).await
}

/// Approves what a rule covers, in the transaction in which it looked at the facts.
pub(crate) async fn approve_by_rule(
    cat: &Arc<Catalog>,
    change: Change,
    ruling: &Ruling,
    review: &Review,
) -> Result<Decision, CatalogError> {
    let rule = ruling.rule().as_str();
    let comment = format!("approved by the rule {rule}, which an admin switched on");
    let because = json!({"rule": rule, "inputs": ruling.inputs()});
    approve_in(cat, change, (review.id, &review.content_hash), comment, because).await
}

/// `because` is what the audit row keeps of a rule; an empty object for a human.
async fn approve_in(
    cat: &Arc<Catalog>,
    mut change: Change,
    (review, seen): (ReviewId, &ContentHash),
    comment: String,
    because: Value,
) -> Result<Decision, CatalogError> {
    let Open { mut review, mut loaded, version } = open(&change, review, seen).await?;
    let lock = check_packages(&change, &review, &loaded).await?;
    check_content(&review, &version, lock.as_ref())?;
    check_name(&change, &loaded, &version).await?;
    decide(&mut change, &mut review, &version, VersionEvent::Approve, comment).await?;
    let granted = grant_requested(&mut change, &review, &version).await?;
    let replaced = loaded.live_number(&change.tx).await?;
    let action = if because.get("rule").is_some() { "review.approve.rule" } else { "review.approve" };
    // Everything that is needed to work the hash out again stands in the row.
    let mut detail = json!({"name": loaded.name(), "version": version.number, "replaces": replaced, "content_hash": review.content_hash,
                            "version_hash": version.content_hash, "granted": review.requested, "lock": lock, "grants": granted,
                            "server_id": loaded.server.id, "tool_id": loaded.tool.id, "version_id": version.id, "comment": review.comment});
    if let (Value::Object(detail), Value::Object(because)) = (&mut detail, because) {
        detail.extend(because);
    }
    loaded.tool.name = version.content.name.clone();
    (loaded.tool.live_version, loaded.tool.updated_at) = (Some(version.id), change.now);
    tools::update(&change.tx, &loaded.tool).await?;
    change.audit(action, format!("review:{}", review.id), detail).await?;
    let standing = Standing::read(&change.tx, &loaded.server, loaded.tool.id).await?;
    let remarks = remarks(cat, &loaded, &version, &standing);
    finish(cat, change, review, loaded, version, remarks).await
}

/// Sends a bundle back; the comment goes to the LLM. Nothing that it asked for is granted.
///
/// # Errors
/// `Stale` when the bundle changed or was decided since; `not_found`.
pub async fn reject(
    cat: &Arc<Catalog>,
    reviewer: &Reviewer,
    review: ReviewId,
    seen: &ContentHash,
    comment: &str,
) -> Result<Decision, CatalogError> {
    let comment = text::remark("comment", comment)?;
    let mut change = Change::begin(cat, reviewer.actor()).await?;
    let Open { mut review, loaded, version } = open(&change, review, seen).await?;
    decide(&mut change, &mut review, &version, VersionEvent::Reject, comment).await?;
    settle_requests(&mut change, &review, &loaded, GrantEvent::Reject).await?;
    let detail = json!({"name": loaded.name(), "version": version.number, "content_hash": review.content_hash,
                        "version_hash": version.content_hash, "requested": review.requested, "server_id": loaded.server.id,
                        "tool_id": loaded.tool.id, "version_id": version.id, "comment": review.comment});
    change.audit("review.reject", format!("review:{}", review.id), detail).await?;
    finish(cat, change, review, loaded, version, Vec::new()).await
}

/// A review that may be decided now.
struct Open {
    review: Review,
    loaded: Loaded,
    version: Version,
}

/// Reads an open review that still is what the human saw.
async fn open(change: &Change, id: ReviewId, seen: &ContentHash) -> Result<Open, CatalogError> {
    let review = reviews::by_id(&change.tx, id)
        .await?
        .ok_or_else(|| refused(FailureKind::NotFound, format!("there is no review {id}")))?;
    if review.state != ReviewState::Open || review.content_hash != *seen {
        return Err(stale(&review));
    }
    let loaded = load::tool(&change.tx, review.tool_id).await?;
    let version = versions::by_id(&change.tx, review.version_id).await?;
    let version = version.ok_or_else(|| refused(FailureKind::NotFound, "the version of this review is gone"))?;
    Ok(Open { review, loaded, version })
}

fn stale(review: &Review) -> CatalogError {
    let by = review.decided_by.as_ref().map_or("somebody", |by| by.name.as_str());
    let message = match review.state {
        ReviewState::Open => {
            let asked: Vec<String> = review.requested.iter().map(ToString::to_string).collect();
            let asked = if asked.is_empty() { "nothing new".to_owned() } else { asked.join(", ") };
            format!("the request changed after you opened it; it now asks for {asked}. Look at it again, then decide")
        }
        ReviewState::Approved => format!("this review was approved already, by {by}"),
        ReviewState::Rejected => format!("this review was sent back already, by {by}"),
        ReviewState::Revoked => format!("this review was approved, by {by}, and that was taken back"),
        ReviewState::Superseded => format!("this review no longer stands: {}", review.comment),
    };
    CatalogError::Stale { message, current: review.content_hash.clone() }
}

/// What is stored must still be what the hash names.
fn check_content(review: &Review, version: &Version, lock: Option<&ContentHash>) -> Result<(), CatalogError> {
    let is_sound = version.content.hash() == version.content_hash
        && bundle_hash(&version.content_hash, &review.requested, lock) == review.content_hash;
    if is_sound {
        return Ok(());
    }
    tracing::error!(review.id = %review.id, version.id = %version.id, "a version is not what its hash names: check the database, or restore a backup");
    let failure = Failure::new(FailureKind::Conflict, "what is stored is not what was submitted; nothing was approved");
    Err(failure.hint("look at the log, and have the author submit a new version").into())
}

/// Packages must be resolved, so that the human saw what is installed. Gives the lock by which they are.
async fn check_packages(
    change: &Change,
    review: &Review,
    loaded: &Loaded,
) -> Result<Option<ContentHash>, CatalogError> {
    let standing = Standing::read(&change.tx, &loaded.server, loaded.tool.id).await?;
    let Some(set) = Set::with_requested(&standing, &review.requested) else { return Ok(None) };
    let resolution = resolutions::by_id(&change.tx, &set.id()).await?;
    match packages::not_approvable(resolution.as_ref()) {
        Some(failure) => Err(failure.into()),
        None => Ok(resolution.and_then(|resolution| resolution.lock).map(|lock| lock.hash)),
    }
}

/// The name may have been taken while the version waited.
async fn check_name(change: &Change, loaded: &Loaded, version: &Version) -> Result<(), CatalogError> {
    let name = &version.content.name;
    match tools::by_server_and_name(&change.tx, loaded.server.id, name).await? {
        Some(other) if other.id != loaded.tool.id => {
            let taken = published_name(&loaded.server.name, name);
            let failure = Failure::new(
                FailureKind::Conflict,
                format!("another tool is called {taken} by now; nothing was approved"),
            );
            Err(failure.hint("send this back, and have the author choose another name").into())
        }
        _ => Ok(()),
    }
}

/// Moves review and version together; a decision that came first wins.
async fn decide(
    change: &mut Change,
    review: &mut Review,
    version: &Version,
    event: VersionEvent,
    comment: String,
) -> Result<(), CatalogError> {
    let to = version.state.apply(event).map_err(|error| refused(FailureKind::Conflict, error.to_string()))?;
    let state = if event == VersionEvent::Approve { ReviewState::Approved } else { ReviewState::Rejected };
    let decision = ReviewDecision { state, by: change.actor.clone(), at: change.now, comment: comment.clone() };
    if !reviews::decide(&change.tx, review.id, &review.content_hash, &decision).await? {
        return Err(stale(review));
    }
    let of_version = VersionDecision { by: change.actor.clone(), at: change.now, comment: comment.clone() };
    if !versions::set_state(&change.tx, version.id, version.state, to, Some(&of_version)).await? {
        return Err(stale(review));
    }
    (review.state, review.comment) = (state, comment);
    (review.decided_by, review.decided_at) = (Some(change.actor.clone()), Some(change.now));
    Ok(())
}

/// Puts everything the bundle asked for in force, for this tool alone. Gives what came in force.
async fn grant_requested(
    change: &mut Change,
    review: &Review,
    version: &Version,
) -> Result<Vec<GrantInForce>, CatalogError> {
    let loaded = load::tool(&change.tx, review.tool_id).await?;
    let before = Standing::read(&change.tx, &loaded.server, review.tool_id).await?;
    let before: BTreeSet<GrantId> = before.approved().map(|grant| grant.id).collect();
    settle_requests(change, review, &loaded, GrantEvent::Approve).await?;
    let standing = Standing::read(&change.tx, &loaded.server, review.tool_id).await?;
    for capability in review.requested.iter().filter(|capability| !standing.has(capability)) {
        let grant = Grant {
            id: GrantId::generate(),
            capability: capability.clone(),
            scope: GrantScope::Tool(review.tool_id),
            state: GrantState::Approved,
            justification: format!("needed by version {}", version.number),
            requested_by: review.requested_by.clone(),
            created_at: change.now,
            decided_by: Some(change.actor.clone()),
            decided_at: Some(change.now),
            comment: review.comment.clone(),
        };
        grants::insert(&change.tx, &grant).await?;
    }
    let after = Standing::read(&change.tx, &loaded.server, review.tool_id).await?;
    let new = after.approved().filter(|grant| !before.contains(&grant.id));
    Ok(new.map(GrantInForce::from).collect())
}

/// Decides the single requests that the bundle covers with the bundle.
async fn settle_requests(
    change: &mut Change,
    review: &Review,
    loaded: &Loaded,
    event: GrantEvent,
) -> Result<(), CatalogError> {
    let standing = Standing::read(&change.tx, &loaded.server, loaded.tool.id).await?;
    let decision = GrantDecision { by: change.actor.clone(), at: change.now, comment: review.comment.clone() };
    for grant in standing.pending() {
        let is_covered = review.requested.iter().any(|requested| requested.covers(&grant.capability));
        if let Some(to) = grant.state.apply(event).filter(|_| is_covered) {
            grants::set_state(&change.tx, grant.id, grant.state, to, &decision).await?;
        }
    }
    Ok(())
}

/// What is left to do before calls succeed.
fn remarks(cat: &Catalog, loaded: &Loaded, version: &Version, standing: &Standing) -> Vec<String> {
    let mut remarks = Vec::new();
    if loaded.server.status == ServerStatus::Stopped {
        remarks.push(format!("server '{}' is stopped; start it to publish the tool", loaded.server.name));
    }
    if !loaded.tool.enabled {
        remarks.push("the tool is disabled; enable it to publish it".to_owned());
    }
    if standing.approved().any(|grant| matches!(grant.capability, Capability::Package(_))) {
        remarks.push(
            "its packages are being installed; calls succeed once they are (`mcpbox package list` shows how far it is)"
                .to_owned(),
        );
    }
    let missing = standing.secrets_without_value(&version.content.capabilities);
    if !missing.is_empty() {
        let page = cat.admin_page(&format!("servers/{}", loaded.server.id));
        remarks.push(format!("set the value of {} at {page}; until then calls fail", missing.join(", ")));
    }
    remarks
}

async fn finish(
    cat: &Catalog,
    mut change: Change,
    review: Review,
    loaded: Loaded,
    version: Version,
    remarks: Vec<String>,
) -> Result<Decision, CatalogError> {
    change.touch_tool(loaded.tool.id);
    change.touch_grants(GrantScope::Tool(loaded.tool.id));
    change.tell(LiveEvent::ReviewChanged { review_id: review.id });
    change.commit().await?;
    let published = cat.snapshot().known_by_id(loaded.tool.id).is_some_and(|known| known.withheld.is_none());
    Ok(Decision {
        review,
        tool: loaded.name(),
        version: version.number,
        live_version: loaded.tool.live_version,
        published,
        remarks,
    })
}
