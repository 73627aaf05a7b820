//! Bundles: a version and everything it needs that is not granted, for one decision. Built from the code, from what was
//! asked for one by one, and from what tests were refused, so that nothing is left to ask for afterwards.

use mcpbox_analysis::Severity;
use mcpbox_core::{
    capability::{Capabilities, Capability},
    event::LiveEvent,
    hash::ContentHash,
    review::{Review, Risk, bundle_hash, risk},
    server::CodePolicy,
};
use mcpbox_store::reviews;
use serde_json::json;

use crate::{
    CatalogError,
    change::Change,
    load::Loaded,
    narrow::without_granted_methods,
    needs::{Standing, refused_in_tests},
    packages::{Set, ensure_resolution},
};

/// What is asked for, and under which name.
pub(crate) struct Bundle {
    pub(crate) requested: Capabilities,
    pub(crate) content_hash: ContentHash,
    pub(crate) risk: Risk,
}

impl Bundle {
    /// The bundle of a tool's newest version as things stand.
    pub(crate) async fn build(change: &mut Change, loaded: &Loaded, standing: &Standing) -> Result<Self, CatalogError> {
        let (server, version) = (&loaded.server, &loaded.newest);
        let evidence = refused_in_tests(&change.tx, version.id, server.code_policy).await?;
        let analysis = mcpbox_analysis::analyze(&version.content.code, server.code_policy);
        let needed = without_granted_methods(&version.content.capabilities, &analysis, standing);
        let requested = standing.to_request(&needed, &evidence);
        let granted = standing.approved().map(|grant| &grant.capability);
        let all: Capabilities = version.content.capabilities.iter().chain(&requested).chain(granted).cloned().collect();
        let serious = analysis.findings.iter().filter(|finding| finding.severity != Severity::Notice).count();
        let has_network = all.iter().any(|capability| matches!(capability, Capability::Host(_)));
        let lock = match Set::with_requested(standing, &requested) {
            Some(set) => ensure_resolution(change, &set, false).await?.lock,
            None => None,
        };
        let risk = match server.code_policy {
            CodePolicy::Standard if has_network => Risk::Critical,
            _ => risk(&all, &requested, serious),
        };
        let content_hash = bundle_hash(&version.content_hash, &requested, lock.as_ref().map(|lock| &lock.hash));
        Ok(Self { content_hash, requested, risk })
    }
}

/// Brings the open review of a tool up to date with what is asked for now. Gives it, when there is one.
pub(crate) async fn join_open_review(change: &mut Change, loaded: &Loaded) -> Result<Option<Review>, CatalogError> {
    let Some(mut review) = reviews::open_for_tool(&change.tx, loaded.tool.id).await? else { return Ok(None) };
    let standing = Standing::read(&change.tx, &loaded.server, loaded.tool.id).await?;
    let Bundle { requested, content_hash, risk } = Bundle::build(change, loaded, &standing).await?;
    if content_hash != review.content_hash {
        (review.requested, review.content_hash, review.risk) = (requested, content_hash, risk);
        reviews::update_bundle(&change.tx, &review).await?;
        let detail = json!({"content_hash": review.content_hash, "requested": review.requested});
        change.audit("review.change", format!("review:{}", review.id), detail).await?;
        change.tell(LiveEvent::ReviewChanged { review_id: review.id });
    }
    Ok(Some(review))
}
