//! Bundles: a version and everything it needs that is not granted, for one decision. Built from the code, from what was
//! asked for one by one, and from what tests were refused, so that nothing is left to ask for afterwards. A tool has one
//! open bundle at most; whatever is asked for joins it.

use mcpbox_core::{
    capability::Capabilities,
    event::LiveEvent,
    failure::{Failure, FailureKind},
    grant::GrantScope,
    hash::ContentHash,
    ids::ReviewId,
    notification::NoticeEvent,
    principal::Actor,
    review::{Review, ReviewPurpose, ReviewRevision, ReviewState, Risk, bundle_hash},
    version::Version,
};
use mcpbox_store::{notifications, reviews, revisions};
use serde_json::json;

use crate::{
    Caller, Catalog, CatalogError,
    assessment::{Asked, assess},
    change::Change,
    load::{self, Loaded},
    narrow::without_granted_methods,
    needs::{Standing, refused_in_tests},
    packages::{Set, ensure_resolution},
};

/// What is asked for, and under which name.
pub(crate) struct Bundle {
    pub(crate) purpose: ReviewPurpose,
    pub(crate) version: Version,
    pub(crate) requested: Capabilities,
    pub(crate) content_hash: ContentHash,
    pub(crate) risk: Risk,
    lock: Option<ContentHash>,
}

impl Bundle {
    /// The bundle of a tool as things stand: of its newest version, or, when only grants are asked for, of what runs.
    pub(crate) async fn build(
        change: &mut Change,
        loaded: &Loaded,
        standing: &Standing,
        purpose: ReviewPurpose,
    ) -> Result<Self, CatalogError> {
        let server = &loaded.server;
        let (version, requested) = match purpose {
            ReviewPurpose::Publish => {
                let version = loaded.newest.clone();
                let evidence = refused_in_tests(&change.tx, version.id, server.code_policy).await?;
                let analysis = crate::source::analyze(&version.content, server.code_policy);
                let needed = without_granted_methods(&version.content.capabilities, &analysis, standing);
                let requested = standing.to_request(&needed, &evidence);
                (version, requested)
            }
            ReviewPurpose::Grant => {
                let none = Capabilities::new();
                (running(change, loaded).await?, standing.to_request(&none, &none))
            }
        };
        let lock = match Set::with_requested(standing, &requested) {
            Some(set) => ensure_resolution(change, &set, false).await?.lock.map(|lock| lock.hash),
            None => None,
        };
        let live = load::live_beside(&change.tx, &loaded.tool, version.id).await?;
        let (live, snapshot) = (live.as_ref(), change.snapshot());
        let asked = Asked { server, version: &version, live, requested: &requested, standing, snapshot: &snapshot };
        let risk = assess(&asked).risk;
        let content_hash = bundle_hash(purpose, &version.content_hash, &requested, lock.as_ref());
        Ok(Self { purpose, version, requested, content_hash, risk, lock })
    }

    /// A new review of this bundle.
    pub(crate) fn review(&self, change: &Change, loaded: &Loaded, notes: String) -> Review {
        Review {
            id: ReviewId::generate(),
            tool_id: loaded.tool.id,
            version_id: self.version.id,
            purpose: self.purpose,
            requested: self.requested.clone(),
            content_hash: self.content_hash.clone(),
            state: ReviewState::Open,
            risk: self.risk,
            notes,
            requested_by: change.actor.clone(),
            created_at: change.now,
            decided_by: None,
            decided_at: None,
            comment: String::new(),
            refused: Vec::new(),
            replaces: None,
            revoked: None,
        }
    }

    fn revision(&self, review: ReviewId, change: &Change) -> ReviewRevision {
        ReviewRevision {
            review_id: review,
            content_hash: self.content_hash.clone(),
            version_id: self.version.id,
            purpose: self.purpose,
            requested: self.requested.clone(),
            lock: self.lock.clone(),
            created_at: change.now,
        }
    }
}

/// The version that calls run, or the newest one while none is live.
async fn running(change: &Change, loaded: &Loaded) -> Result<Version, CatalogError> {
    let live = load::live_beside(&change.tx, &loaded.tool, loaded.newest.id).await?;
    Ok(live.unwrap_or_else(|| loaded.newest.clone()))
}

/// Opens the review of a bundle.
pub(crate) async fn open_review(
    change: &mut Change,
    loaded: &Loaded,
    bundle: &Bundle,
    notes: String,
) -> Result<Review, CatalogError> {
    let review = bundle.review(change, loaded, notes);
    reviews::insert(&change.tx, &review).await?;
    revisions::insert(&change.tx, &bundle.revision(review.id, change)).await?;
    let detail = json!({"name": loaded.name(), "version": bundle.version.number, "purpose": review.purpose,
                        "content_hash": review.content_hash, "requested": review.requested, "risk": review.risk});
    change.audit("review.open", format!("review:{}", review.id), detail).await?;
    notifications::note(&change.tx, NoticeEvent::ReviewWaiting, review.id, change.now).await?;
    change.tell(LiveEvent::ReviewChanged { review_id: review.id });
    Ok(review)
}

/// Brings the open review of a tool up to date with what is asked for now. Gives it, when there still is one.
pub(crate) async fn join_open_review(change: &mut Change, loaded: &Loaded) -> Result<Option<Review>, CatalogError> {
    let Some(review) = reviews::open_for_tool(&change.tx, loaded.tool.id).await? else { return Ok(None) };
    let standing = Standing::read(&change.tx, &loaded.server, loaded.tool.id).await?;
    let bundle = Bundle::build(change, loaded, &standing, review.purpose).await?;
    if bundle.purpose == ReviewPurpose::Grant && bundle.requested.is_empty() {
        let (system, comment) = (Actor::system("reviews"), "nothing is left to decide");
        reviews::supersede(&change.tx, loaded.tool.id, &system, change.now, comment).await?;
        change.audit("review.close", format!("review:{}", review.id), json!({"comment": comment})).await?;
        change.tell(LiveEvent::ReviewChanged { review_id: review.id });
        return Ok(None);
    }
    update_review(change, review, &bundle).await.map(Some)
}

/// What changes with the grants of a scope: the snapshot, and what an open review still has to ask for.
pub(crate) async fn grants_changed(change: &mut Change, scope: GrantScope) -> Result<(), CatalogError> {
    change.touch_grants(scope);
    for review in reviews::open_all(&change.tx).await? {
        let loaded = load::tool(&change.tx, review.tool_id).await?;
        if scope.includes(loaded.server.id, loaded.tool.id) {
            join_open_review(change, &loaded).await?;
        }
    }
    Ok(())
}

/// Makes an open review one of this bundle.
pub(crate) async fn update_review(
    change: &mut Change,
    mut review: Review,
    bundle: &Bundle,
) -> Result<Review, CatalogError> {
    if bundle.content_hash == review.content_hash {
        return Ok(review);
    }
    (review.purpose, review.version_id) = (bundle.purpose, bundle.version.id);
    (review.requested, review.content_hash, review.risk) =
        (bundle.requested.clone(), bundle.content_hash.clone(), bundle.risk);
    reviews::update_bundle(&change.tx, &review).await?;
    revisions::insert(&change.tx, &bundle.revision(review.id, change)).await?;
    let detail = json!({"purpose": review.purpose, "content_hash": review.content_hash, "requested": review.requested});
    change.audit("review.change", format!("review:{}", review.id), detail).await?;
    change.tell(LiveEvent::ReviewChanged { review_id: review.id });
    Ok(review)
}

/// Refuses a client that has as many reviews open as a human should have to look at.
pub(crate) async fn check_open_requests(cat: &Catalog, who: Caller<'_>, change: &Change) -> Result<(), CatalogError> {
    let Caller::Principal(principal) = who else { return Ok(()) };
    let most = cat.snapshot().settings().open_requests_per_client;
    let open = reviews::count_open_by(&change.tx, &principal.actor()).await?;
    if open < u64::from(most) {
        return Ok(());
    }
    let message = format!("{open} requests of this client wait for a human already; at most {most} may");
    let page = cat.admin_page("approvals");
    let hint = format!("ask the human to decide on those at {page}, then ask again; nothing was submitted");
    Err(Failure::new(FailureKind::RateLimited, message)
        .hint(hint)
        .human(page)
        .next("mcpbox_list_pending_requests", json!({}))
        .into())
}
