//! Deciding a review. Approval is the only way a version gets live: one transaction that compares the hash the human
//! saw, re-hashes the content, approves version and grants, and writes audit and outbox rows.

use std::sync::Arc;

use mcpbox_core::{
    capability::Capabilities,
    failure::FailureKind,
    hash::ContentHash,
    ids::{ReviewId, VersionId},
    review::{Refusal, Review, ReviewPurpose, ReviewState},
    version::{Version, VersionDecision, VersionEvent},
};
use mcpbox_store::{
    calls, notifications,
    reviews::{self, ReviewDecision},
    tools, versions,
};
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    finish::{finish, remarks},
    friction,
    open::{Open, check_content, check_name, check_packages, open, stale},
    partial::{Sources, Verdict, check_refusals, verdict},
    seen::note_view,
    settle::{self, Term, check_terms},
};
use crate::{
    Catalog, CatalogError, Reviewer,
    assessment::Asked,
    change::Change,
    error::refused,
    load,
    needs::{Standing, refused_in_tests},
    policy::Ruling,
    rating::rate,
    text,
};

/// An approval, with what the human said to it.
#[derive(Debug, Clone, Default)]
pub struct Approval {
    /// Words for the author.
    pub comment: String,
    /// Ids of the findings that the human saw, one by one.
    pub acknowledged: Vec<String>,
    /// The tool's name as the human typed it.
    pub tool_name: Option<String>,
    /// Capabilities that are not granted, each with the reason.
    pub refused: Vec<Refusal>,
    /// Capabilities that are granted until a time.
    pub terms: Vec<Term>,
    /// Whether it is one of several that are approved together.
    pub in_bulk: bool,
}

impl From<&str> for Approval {
    fn from(comment: &str) -> Self {
        Self { comment: comment.to_owned(), ..Self::default() }
    }
}

/// A decision that was made.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Decision {
    /// The review, decided: `rejected` also when an approval refused something that the tool cannot live without.
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

/// Approves a bundle exactly as the human saw it, or the part of it that they do not refuse; the version goes live at
/// once. When the tool cannot live without what is refused, the bundle goes back with the reasons instead.
///
/// # Errors
/// `Stale` when the bundle changed or was decided since; `invalid_arguments` when a finding is not acknowledged or the
/// name not typed; `not_found`; `conflict` when its name is taken meanwhile.
pub async fn approve(
    cat: &Arc<Catalog>,
    reviewer: &Reviewer,
    review: ReviewId,
    seen: &ContentHash,
    approval: impl Into<Approval>,
) -> Result<Decision, CatalogError> {
    let mut approval: Approval = approval.into();
    approval.comment = text::remark("comment", &approval.comment)?;
    let change = Change::begin(cat, reviewer.actor()).await?;
    let mut open = open(&change, review, seen).await?;
    check_terms(&open.review, &approval.terms, change.now)?;
    open.review.refused = check_refusals(&open.review, std::mem::take(&mut approval.refused))?;
    note_view(&change, reviewer, &open.review).await?;
    let policy = open.loaded.server.code_policy;
    let evidence = refused_in_tests(&change.tx, open.version.id, policy).await?;
    let Open { review, version, standing, .. } = &open;
    let sources = Sources { review, version, evidence: &evidence, standing };
    match verdict(&sources, &review.refused) {
        Verdict::SendBack => send_back(cat, change, open, approval.comment, false).await,
        Verdict::Approve(approved) => {
            check_friction(&change, &open, &approval).await?;
            put_in_force(cat, change, open, (approved, approval), json!({})).await
        }
    }
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
    let open = open(&change, review.id, &review.content_hash).await?;
    notifications::note(&change.tx, ruling.rule().notice(), review.id, change.now).await?;
    let (all, approval) = (open.review.requested.clone(), Approval::from(comment.as_str()));
    put_in_force(cat, change, open, (all, approval), because).await
}

/// A human approves with the care that the risk asks for.
async fn check_friction(change: &Change, open: &Open, approval: &Approval) -> Result<(), CatalogError> {
    let Open { review, loaded, version, standing } = open;
    let (server, requested) = (&loaded.server, &review.requested);
    let live = load::live_beside(&change.tx, &loaded.tool, version.id).await?;
    let runs = calls::evidence_for_version(&change.tx, version.id).await?;
    let (live, snapshot) = (live.as_ref(), change.snapshot());
    let rating = rate(&Asked { server, version, live, requested, standing, snapshot: &snapshot }, &runs);
    Ok(friction::check(&friction::needs(&rating, review.risk, server, version), approval)?)
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
    let change = Change::begin(cat, reviewer.actor()).await?;
    let open = open(&change, review, seen).await?;
    note_view(&change, reviewer, &open.review).await?;
    send_back(cat, change, open, comment, true).await
}

/// `because` is what the audit row keeps of a rule; an empty object for a human.
async fn put_in_force(
    cat: &Catalog,
    mut change: Change,
    open: Open,
    (approved, approval): (Capabilities, Approval),
    because: Value,
) -> Result<Decision, CatalogError> {
    let Open { mut review, mut loaded, mut version, standing } = open;
    let lock = check_packages(&change, &review, &standing).await?;
    check_content(&review, &version, lock.as_ref())?;
    if review.purpose == ReviewPurpose::Publish {
        check_name(&change, &loaded, &version).await?;
        review.replaces = loaded.tool.live_version;
    }
    decide(&mut change, &mut review, &mut version, VersionEvent::Approve, approval.comment).await?;
    settle::refuse(&mut change, (&review, &loaded), &review.refused, false).await?;
    let granted = settle::grant(&mut change, (&review, &version, &loaded), &approved, &approval.terms).await?;
    let replaced = loaded.live_number(&change.tx).await?;
    let action = if because.get("rule").is_some() { "review.approve.rule" } else { "review.approve" };
    let terms: Vec<Value> = approval
        .terms
        .iter()
        .map(|term| json!({"capability": term.capability, "expires_at": term.expires_at}))
        .collect();
    // Everything that is needed to work the hash out again stands in the row.
    let mut detail = json!({"name": loaded.name(), "version": version.number, "purpose": review.purpose, "replaces": replaced,
                            "content_hash": review.content_hash, "version_hash": version.content_hash, "requested": review.requested,
                            "granted": approved, "refused": review.refused, "terms": terms, "lock": lock, "grants": granted,
                            "acknowledged": approval.acknowledged, "risk": review.risk, "server_id": loaded.server.id,
                            "tool_id": loaded.tool.id, "version_id": version.id, "comment": review.comment});
    if let (Value::Object(detail), Value::Object(because)) = (&mut detail, because) {
        detail.extend(because);
    }
    if review.purpose == ReviewPurpose::Publish {
        loaded.tool.name = version.content.name.clone();
        (loaded.tool.live_version, loaded.tool.updated_at) = (Some(version.id), change.now);
        loaded.tool.quarantine = None;
        tools::update(&change.tx, &loaded.tool).await?;
    }
    change.audit(action, format!("review:{}", review.id), detail).await?;
    let standing = Standing::read(&change.tx, &loaded.server, loaded.tool.id).await?;
    let remarks = remarks(cat, &loaded, &version, &standing);
    finish(cat, change, review, loaded, version, remarks).await
}

/// `whole` refuses everything that was asked for; otherwise only what the review's refusals name, and the rest may join
/// the next bundle.
async fn send_back(
    cat: &Catalog,
    mut change: Change,
    open: Open,
    comment: String,
    whole: bool,
) -> Result<Decision, CatalogError> {
    let Open { mut review, loaded, mut version, .. } = open;
    let comment = with_reasons(comment, &review.refused);
    decide(&mut change, &mut review, &mut version, VersionEvent::Reject, comment).await?;
    settle::refuse(&mut change, (&review, &loaded), &review.refused, whole).await?;
    let detail = json!({"name": loaded.name(), "version": version.number, "purpose": review.purpose, "content_hash": review.content_hash,
                        "version_hash": version.content_hash, "requested": review.requested, "refused": review.refused,
                        "server_id": loaded.server.id, "tool_id": loaded.tool.id, "version_id": version.id, "comment": review.comment});
    change.audit("review.reject", format!("review:{}", review.id), detail).await?;
    let remarks = match whole {
        true => Vec::new(),
        false => vec!["it was sent back: it cannot do without what you refused".to_owned()],
    };
    finish(cat, change, review, loaded, version, remarks).await
}

/// The words that go to the author: the human's own, and what was refused.
fn with_reasons(comment: String, refused: &[Refusal]) -> String {
    let reasons = refused.iter().map(|refusal| format!("{} is refused: {}", refusal.capability, refusal.reason));
    let parts = [comment].into_iter().filter(|comment| !comment.is_empty()).chain(reasons);
    parts.collect::<Vec<_>>().join("\n")
}

/// Moves review and version together; a decision that came first wins. A review that only grants moves no version.
async fn decide(
    change: &mut Change,
    review: &mut Review,
    version: &mut Version,
    event: VersionEvent,
    comment: String,
) -> Result<(), CatalogError> {
    let state = if event == VersionEvent::Approve { ReviewState::Approved } else { ReviewState::Rejected };
    let decision = ReviewDecision {
        state,
        by: change.actor.clone(),
        at: change.now,
        comment: comment.clone(),
        refused: review.refused.clone(),
        replaces: review.replaces,
    };
    if !reviews::decide(&change.tx, review.id, &review.content_hash, &decision).await? {
        return Err(stale(&change.tx, review, &review.content_hash).await?);
    }
    if review.purpose == ReviewPurpose::Publish {
        let to = version.state.apply(event).map_err(|error| refused(FailureKind::Conflict, error.to_string()))?;
        let of_version = VersionDecision { by: change.actor.clone(), at: change.now, comment: comment.clone() };
        if !versions::set_state(&change.tx, version.id, version.state, to, Some(&of_version)).await? {
            return Err(stale(&change.tx, review, &review.content_hash).await?);
        }
        (version.state, version.decision) = (to, Some(of_version));
    }
    (review.state, review.comment) = (state, comment);
    (review.decided_by, review.decided_at) = (Some(change.actor.clone()), Some(change.now));
    Ok(())
}
