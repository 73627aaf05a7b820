//! What a decision does to the grants of its bundle.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use mcpbox_core::{
    capability::{Capabilities, Capability},
    failure::{Failure, FailureKind},
    grant::{Grant, GrantEvent, GrantScope, GrantState},
    ids::GrantId,
    review::{Refusal, Review, ReviewPurpose},
    version::Version,
};
use mcpbox_store::grants::{self, GrantDecision};
use serde::Deserialize;
use serde_json::json;

use super::partial::check_asked;
use crate::{CatalogError, audited::GrantInForce, change::Change, load::Loaded, needs::Standing};

/// Until when a capability is granted.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// The capability, as the review asks for it.
    pub capability: Capability,
    /// When it ends; the tool is withheld from then on, until it is granted again.
    pub expires_at: DateTime<Utc>,
}

/// Terms must be of what is asked for, and end in the future.
pub(super) fn check_terms(review: &Review, terms: &[Term], now: DateTime<Utc>) -> Result<(), CatalogError> {
    for term in terms {
        check_asked(review, &term.capability)?;
        check_end(Some(term.expires_at), now)?;
    }
    Ok(())
}

/// An end must lie in the future.
pub(super) fn check_end(expires_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Result<(), CatalogError> {
    match expires_at {
        Some(end) if end <= now => {
            let failure = Failure::new(FailureKind::InvalidArguments, format!("the end {end} has passed already"));
            Err(failure.hint("give a time in the future, in RFC 3339, such as 2030-01-31T12:00:00Z").into())
        }
        _ => Ok(()),
    }
}

/// Puts what was approved of a bundle in force, for its tool alone. Gives what came in force.
pub(super) async fn grant(
    change: &mut Change,
    (review, version, loaded): (&Review, &Version, &Loaded),
    approved: &Capabilities,
    terms: &[Term],
) -> Result<Vec<GrantInForce>, CatalogError> {
    let end = |capability: &Capability| {
        let end = terms.iter().filter(|term| term.capability.covers(capability)).map(|term| term.expires_at);
        end.min()
    };
    let decision = decision(change, review);
    let standing = Standing::read(&change.tx, &loaded.server, loaded.tool.id).await?;
    let before: BTreeSet<GrantId> = standing.approved().map(|grant| grant.id).collect();
    for grant in standing.pending() {
        let is_covered = approved.iter().any(|approved| approved.covers(&grant.capability));
        if let Some(to) = grant.state.apply(GrantEvent::Approve).filter(|_| is_covered) {
            let decision = GrantDecision { expires_at: end(&grant.capability), ..decision.clone() };
            grants::set_state(&change.tx, grant.id, grant.state, to, &decision).await?;
        }
    }
    let standing = Standing::read(&change.tx, &loaded.server, loaded.tool.id).await?;
    for capability in approved.iter().filter(|capability| !standing.has(capability)) {
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
            expires_at: end(capability),
            review_id: Some(review.id),
        };
        grants::insert(&change.tx, &grant).await?;
    }
    forget_lapsed(change, review, loaded).await?;
    let after = Standing::read(&change.tx, &loaded.server, loaded.tool.id).await?;
    let new = after.approved().filter(|grant| !before.contains(&grant.id));
    Ok(new.map(GrantInForce::from).collect())
}

/// A grant whose time is over, and that a newly published version does not ask for again, no longer withholds the tool.
async fn forget_lapsed(change: &mut Change, review: &Review, loaded: &Loaded) -> Result<(), CatalogError> {
    if review.purpose == ReviewPurpose::Grant {
        return Ok(());
    }
    let standing = Standing::read(&change.tx, &loaded.server, loaded.tool.id).await?;
    let comment = "the version that is live now does without it".to_owned();
    let decision = GrantDecision { comment, review_id: None, ..decision(change, review) };
    for grant in standing.lapsed() {
        grants::withdraw(&change.tx, grant.id, &decision).await?;
        change.audit("grant.revoke", format!("grant:{}", grant.id), json!({"comment": decision.comment})).await?;
    }
    Ok(())
}

/// Refuses requests that were made one by one: those that a refusal names, or with `others` all of the bundle's.
pub(super) async fn refuse(
    change: &mut Change,
    (review, loaded): (&Review, &Loaded),
    refused: &[Refusal],
    others: bool,
) -> Result<(), CatalogError> {
    let standing = Standing::read(&change.tx, &loaded.server, loaded.tool.id).await?;
    let decision = decision(change, review);
    for grant in standing.pending() {
        let reason = refused.iter().find(|refusal| refusal.capability.covers(&grant.capability));
        let is_asked = others && review.requested.iter().any(|requested| requested.covers(&grant.capability));
        let comment = match reason {
            Some(refusal) => refusal.reason.clone(),
            None if is_asked => review.comment.clone(),
            None => continue,
        };
        if let Some(to) = grant.state.apply(GrantEvent::Reject) {
            let decision = GrantDecision { comment, ..decision.clone() };
            grants::set_state(&change.tx, grant.id, grant.state, to, &decision).await?;
        }
    }
    Ok(())
}

fn decision(change: &Change, review: &Review) -> GrantDecision {
    GrantDecision {
        by: change.actor.clone(),
        at: change.now,
        comment: review.comment.clone(),
        review_id: Some(review.id),
        expires_at: None,
    }
}
