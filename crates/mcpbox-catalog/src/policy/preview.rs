//! What the rules would have decided lately, so that an admin sees what a switch does before flipping it.

use chrono::{DateTime, TimeDelta, Utc};
use mcpbox_core::{
    ids::ReviewId,
    principal::ActorKind,
    review::{Review, ReviewState},
};
use mcpbox_store::{Moment, reviews, versions};
use serde::Serialize;

use super::{facts::Facts, rule::Rule};
use crate::{
    Catalog, CatalogError,
    load::{self, Loaded},
};

/// Reviews looked at.
const REVIEWS_MAX: u64 = 200;
/// Longest time looked back, days.
const DAYS_MAX: i64 = 365;

/// What each rule would have decided.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Preview {
    /// Reviews since then were looked at.
    pub since: DateTime<Utc>,
    /// How many (at most the newest 200).
    pub reviews: u64,
    /// One for each rule.
    pub rules: Vec<RulePreview>,
}

/// What one rule would have decided.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RulePreview {
    /// Which rule.
    pub rule: Rule,
    /// Whether it is on now.
    pub is_on: bool,
    /// How many it would have approved.
    pub would_approve: u64,
    /// How many of those a human sent back, or approved and took back later: what the rule would have got wrong.
    pub against_a_human: u64,
    /// All that were looked at, newest first.
    pub reviews: Vec<PreviewedReview>,
}

/// A review as a rule sees it. Grants count as they are now, tests and approvals as they were at the decision.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PreviewedReview {
    /// The review.
    pub review_id: ReviewId,
    /// `server__tool`.
    pub tool: String,
    /// The version's number.
    pub version: u32,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// Where it stands.
    pub state: ReviewState,
    /// Whether the rule would have approved it.
    pub would_approve: bool,
    /// Why not.
    pub because: Vec<String>,
}

/// What each rule, whether on or off, would have decided over the last `days` (1 to 365).
///
/// # Errors
/// The store cannot be read.
pub async fn preview(cat: &Catalog, days: i64) -> Result<Preview, CatalogError> {
    let since = cat.clock.now() - TimeDelta::days(days.clamp(1, DAYS_MAX));
    let moment = cat.store.moment().await?;
    let on = cat.snapshot().settings().auto_approval;
    let empty = |rule: Rule| RulePreview {
        rule,
        is_on: rule.is_on(&on),
        would_approve: 0,
        against_a_human: 0,
        reviews: Vec::new(),
    };
    let mut rules: Vec<RulePreview> = Rule::ALL.into_iter().map(empty).collect();
    let mut looked_at = 0;
    for review in reviews::since(&moment, since, REVIEWS_MAX).await? {
        let Some(seen) = look(cat, &moment, &review).await? else { continue };
        looked_at += 1;
        rules.iter_mut().for_each(|preview| add(preview, &review, &seen));
    }
    Ok(Preview { since, reviews: looked_at, rules })
}

/// What a rule would have seen of a review.
struct Seen {
    facts: Facts,
    name: String,
    version: u32,
}

async fn look(cat: &Catalog, moment: &Moment, review: &Review) -> Result<Option<Seen>, CatalogError> {
    let Some(version) = versions::by_id(moment, review.version_id).await? else { return Ok(None) };
    let mut loaded = load::tool(moment, review.tool_id).await?;
    // A decision moved the name that the tool had when this was asked for.
    if review.state == ReviewState::Approved {
        loaded.tool.name = version.content.name.clone();
    }
    let as_of = review.decided_at.unwrap_or_else(|| cat.clock.now());
    let facts = Facts::gather(moment, review, (&loaded, &version), (&cat.snapshot(), as_of)).await?;
    Ok(Some(Seen { facts, name: Loaded::name(&loaded), version: version.number }))
}

fn add(preview: &mut RulePreview, review: &Review, seen: &Seen) {
    let because = preview.rule.against(&seen.facts);
    let would_approve = because.is_empty();
    let by_human = review.decided_by.as_ref().is_some_and(|by| by.kind == ActorKind::Admin);
    let is_against = matches!(review.state, ReviewState::Rejected | ReviewState::Revoked) && by_human;
    preview.would_approve += u64::from(would_approve);
    preview.against_a_human += u64::from(would_approve && is_against);
    preview.reviews.push(PreviewedReview {
        review_id: review.id,
        tool: seen.name.clone(),
        version: seen.version,
        created_at: review.created_at,
        state: review.state,
        would_approve,
        because,
    });
}
