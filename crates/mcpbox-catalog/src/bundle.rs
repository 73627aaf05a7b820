//! Bundles: a version and everything it needs that is not granted, for one decision. Built from the code, from what was
//! asked for one by one, and from what tests were refused, so that nothing is left to ask for afterwards.

use mcpbox_core::{
    capability::Capabilities,
    event::LiveEvent,
    hash::ContentHash,
    review::{Review, Risk, bundle_hash},
};
use mcpbox_store::{reviews, versions};
use serde_json::json;

use crate::{
    CatalogError,
    assessment::{Asked, assess},
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
        let lock = match Set::with_requested(standing, &requested) {
            Some(set) => ensure_resolution(change, &set, false).await?.lock,
            None => None,
        };
        let live = match loaded.tool.live_version.filter(|live| *live != version.id) {
            Some(live) => versions::by_id(&change.tx, live).await?,
            None => None,
        };
        let snapshot = change.snapshot();
        let (live, requested_now) = (live.as_ref(), &requested);
        let asked = Asked { server, version, live, requested: requested_now, standing, snapshot: &snapshot };
        let risk = assess(&asked).risk;
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
