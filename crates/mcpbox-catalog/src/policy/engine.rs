//! What happens after a submission, in the background: the live version's examples are repeated, then the rules are asked.

use std::{sync::Arc, time::Duration};

use mcpbox_core::{
    event::LiveEvent,
    ids::ReviewId,
    principal::Actor,
    regression::Regression,
    review::{Review, ReviewState},
    settings::AutoApproval,
};
use mcpbox_store::{reviews, settings, versions};
use serde_json::Value;

use super::{facts::Facts, rule::Rule};
use crate::{
    Catalog, CatalogError,
    change::Change,
    evidence::regression,
    load,
    review::{self, Decision},
};

/// Longest time a submission waits for what happens after it.
const WAIT: Duration = Duration::from_secs(1);

/// What a rule decided. Only this file makes one, from facts of the transaction that decides; it stands beside
/// [`crate::Reviewer`] and is never one.
pub(crate) struct Ruling {
    rule: Rule,
    inputs: Value,
}

impl Ruling {
    /// Which rule.
    pub(crate) fn rule(&self) -> Rule {
        self.rule
    }

    /// What it looked at, for the audit row.
    pub(crate) fn inputs(&self) -> &Value {
        &self.inputs
    }

    /// How it stands in records.
    pub(crate) fn actor(&self) -> Actor {
        Actor::system(&format!("rule {}", self.rule.as_str()))
    }
}

/// Repeats examples and asks the rules, in the background. Comes back when that is done, or after a second.
pub(crate) async fn after_submission(cat: &Arc<Catalog>, review: ReviewId, begun: Option<Regression>) {
    if begun.is_none() && !any_on(cat.snapshot().settings().auto_approval) {
        return;
    }
    let (task, stop) = (follow(cat.clone(), review, begun), cat.stop_background.clone());
    let following = cat.background.spawn(async move {
        tokio::select! {
            () = task => {}
            () = stop.cancelled() => {}
        }
    });
    let _ = tokio::time::timeout(WAIT, following).await;
}

async fn follow(cat: Arc<Catalog>, review: ReviewId, begun: Option<Regression>) {
    if let Some(begun) = begun {
        if let Err(error) = regression::run(&cat, review, begun).await {
            tracing::warn!(error = %error, review.id = %review, "examples could not be repeated for a submission");
        }
        cat.emit(LiveEvent::ReviewChanged { review_id: review });
    }
    match consider(&cat, review).await {
        Ok(Some(decision)) => {
            tracing::info!(tool = decision.tool, version = decision.version, "a rule approved a version");
        }
        Ok(None) => {}
        Err(error) => {
            tracing::warn!(error = %error, review.id = %review, "the rules could not be asked; a human decides")
        }
    }
}

fn any_on(settings: AutoApproval) -> bool {
    Rule::ALL.into_iter().any(|rule| rule.is_on(&settings))
}

/// Asks the rules that are on about an open review, and approves it when one covers it, all in one transaction: what a rule
/// looked at is what is approved.
async fn consider(cat: &Arc<Catalog>, id: ReviewId) -> Result<Option<Decision>, CatalogError> {
    if !any_on(cat.snapshot().settings().auto_approval) {
        return Ok(None);
    }
    let mut change = Change::begin(cat, Actor::system("policy")).await?;
    let on = settings::load(&change.tx).await?.auto_approval;
    let review = reviews::by_id(&change.tx, id).await?;
    let Some(review) = review.filter(|review| review.state == ReviewState::Open) else { return Ok(None) };
    let Some(ruling) = judge(&change, &review, on).await? else { return Ok(None) };
    change.actor = ruling.actor();
    review::approve_by_rule(cat, change, &ruling, &review).await.map(Some)
}

/// The first rule that covers the review.
async fn judge(change: &Change, review: &Review, on: AutoApproval) -> Result<Option<Ruling>, CatalogError> {
    let loaded = load::tool(&change.tx, review.tool_id).await?;
    let Some(version) = versions::by_id(&change.tx, review.version_id).await? else { return Ok(None) };
    // A newer draft has taken its place.
    if loaded.newest.id != version.id {
        return Ok(None);
    }
    let facts = Facts::gather(&change.tx, review, (&loaded, &version), (&change.snapshot(), change.now)).await?;
    let covering = Rule::ALL.into_iter().filter(|rule| rule.is_on(&on)).find(|rule| rule.against(&facts).is_empty());
    Ok(covering.map(|rule| Ruling { rule, inputs: facts.inputs() }))
}
