//! Asking for publication: one bundle of a version and everything it needs, for one human decision.

use std::sync::Arc;

use mcpbox_core::{
    capability::{Capabilities, Capability},
    event::LiveEvent,
    failure::{Failure, FailureKind},
    hash::ContentHash,
    ids::{ReviewId, ToolId},
    review::{Review, ReviewPurpose, ReviewState, Risk},
    server::ServerStatus,
    tool::ToolKind,
    version::{VersionEvent, VersionState},
};
use mcpbox_store::{reviews, versions};
use serde::Serialize;
use serde_json::json;

use super::{code, request::add_request};
use crate::{
    Caller, Catalog, CatalogError, NextStep,
    bundle::{Bundle, check_open_requests, join_open_review, open_review, update_review},
    change::Change,
    evidence::regression,
    expiry,
    load::{self, Loaded},
    narrow::without_granted_methods,
    needs::Standing,
    policy,
    review::RegressionReport,
    text,
};

/// The bundle that waits for a human.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PublishReport {
    /// The review.
    pub review_id: ReviewId,
    /// Where a human decides.
    pub review_url: String,
    /// The tool.
    pub tool_id: ToolId,
    /// `server__tool`.
    pub name: String,
    /// The version's number.
    pub version: u32,
    /// Whether it joined the review that was open already: nothing waits twice.
    pub was_open: bool,
    /// Names the bundle.
    pub content_hash: ContentHash,
    /// How much care the review wants.
    pub risk: Risk,
    /// What approval newly grants.
    pub requested: Vec<Capability>,
    /// Secrets the tool uses that have no value yet; a human sets them.
    pub secrets_without_value: Vec<String>,
    /// How the examples of the live version compare, repeated with this one; none when there are none.
    pub regression: Option<RegressionReport>,
    /// The rule that approved it at once; none when a human decides.
    pub approved_by: Option<String>,
    /// What to do now.
    pub next: Vec<NextStep>,
}

/// Bundles the newest version and everything it needs that is not granted into one review. What is submitted already
/// stays the one review it is; for a version that is live, whatever it lacks by now is asked for.
///
/// # Errors
/// `conflict` when the newest version is live and lacks nothing, `rate_limited` when too much of this client waits
/// already, `not_found`.
pub async fn request_publish(
    cat: &Arc<Catalog>,
    who: impl Into<Caller<'_>>,
    tool: &str,
    notes: &str,
) -> Result<PublishReport, CatalogError> {
    let who = who.into();
    who.check_author()?;
    expiry::enforce(cat).await?;
    let id = who.tool(&cat.snapshot(), tool)?.tool.id;
    let notes = text::remark("notes", notes)?;
    let mut change = Change::begin(cat, who.actor()).await?;
    let loaded = load::tool(&change.tx, id).await?;
    let open = reviews::open_for_tool(&change.tx, id).await?;
    let is_open = open.is_some();
    let mut begun = None;
    let review = match (loaded.newest.state, open) {
        (VersionState::PendingReview, Some(open)) => submitted_again(&mut change, &loaded, open, notes).await?,
        (VersionState::Approved, open) => {
            let missing = missing(&change, &loaded).await?;
            if missing.is_empty() && open.is_none() {
                return Err(nothing_to_publish(&loaded).into());
            }
            let asked = ask_for(&mut change, &loaded, missing, &notes).await?;
            submit(cat, who, &mut change, &asked, (ReviewPurpose::Grant, open, notes)).await?
        }
        (state, open) => {
            let pending = state.apply(VersionEvent::Submit).map_err(CatalogError::internal)?;
            // What is stored was checked when it was written; the rules may have become stricter since.
            if loaded.tool.kind == ToolKind::Python {
                code::check_stored(&loaded.newest.content.code, &loaded)?;
            }
            change.touch_tool(id);
            let review = submit(cat, who, &mut change, &loaded, (ReviewPurpose::Publish, open, notes)).await?;
            versions::set_state(&change.tx, loaded.newest.id, state, pending, None).await?;
            begun = regression::begin(&change, review.id, &loaded.tool, loaded.newest.id).await?;
            review
        }
    };
    let standing = Standing::read(&change.tx, &loaded.server, id).await?;
    if change.has_done_something() {
        change.commit().await?;
    }
    if review.purpose == ReviewPurpose::Publish {
        policy::after_submission(cat, review.id, begun).await;
    }
    let review = reviews::by_id(&cat.store.reader(), review.id).await?.unwrap_or(review);
    let regression = RegressionReport::of_review(cat, review.id).await?;
    Ok(PublishReport { was_open: is_open, ..report(cat, &loaded, &standing, review, regression) })
}

/// Opens a review, or makes the open one of the tool this one.
async fn submit(
    cat: &Catalog,
    who: Caller<'_>,
    change: &mut Change,
    loaded: &Loaded,
    (purpose, open, notes): (ReviewPurpose, Option<Review>, String),
) -> Result<Review, CatalogError> {
    let standing = Standing::read(&change.tx, &loaded.server, loaded.tool.id).await?;
    let bundle = Bundle::build(change, loaded, &standing, purpose).await?;
    let Some(open) = open else {
        check_open_requests(cat, who, change).await?;
        return open_review(change, loaded, &bundle, notes).await;
    };
    let open = with_notes(change, open, notes).await?;
    update_review(change, open, &bundle).await
}

/// The same again is the same review. What tests were refused meanwhile joins it, and new notes replace the old.
async fn submitted_again(
    change: &mut Change,
    loaded: &Loaded,
    open: Review,
    notes: String,
) -> Result<Review, CatalogError> {
    let review = join_open_review(change, loaded).await?.unwrap_or(open);
    with_notes(change, review, notes).await
}

async fn with_notes(change: &mut Change, mut review: Review, notes: String) -> Result<Review, CatalogError> {
    if notes.is_empty() || notes == review.notes {
        return Ok(review);
    }
    review.notes = notes;
    reviews::update_bundle(&change.tx, &review).await?;
    change.audit("review.notes", format!("review:{}", review.id), json!({"notes": review.notes})).await?;
    change.tell(LiveEvent::ReviewChanged { review_id: review.id });
    Ok(review)
}

/// What the live version needs and has no more, or never had.
async fn missing(change: &Change, loaded: &Loaded) -> Result<Capabilities, CatalogError> {
    let standing = Standing::read(&change.tx, &loaded.server, loaded.tool.id).await?;
    let lapsed: Capabilities = standing.lapsed().map(|grant| grant.capability.clone()).collect();
    let content = &loaded.newest.content;
    let analysis = crate::source::analyze(content, loaded.server.code_policy);
    let needed = without_granted_methods(&content.capabilities, &analysis, &standing);
    let wanted = standing.to_request(&needed, &lapsed);
    let asked = |wanted: &Capability| standing.pending().any(|grant| grant.capability.covers(wanted));
    Ok(wanted.into_iter().filter(|wanted| !asked(wanted)).collect())
}

/// Asks for what the live version lacks, as if it was asked for one by one.
async fn ask_for(
    change: &mut Change,
    loaded: &Loaded,
    missing: Capabilities,
    notes: &str,
) -> Result<Loaded, CatalogError> {
    for capability in missing {
        let because = format!("version {} needs it", loaded.newest.number);
        let because = if notes.is_empty() { because } else { format!("{because}: {notes}") };
        add_request(change, loaded, capability, because).await?;
    }
    load::tool(&change.tx, loaded.tool.id).await
}

/// Why there is nothing to submit.
fn nothing_to_publish(loaded: &Loaded) -> Failure {
    let (name, number) = (loaded.name(), loaded.newest.number);
    let message = format!("version {number} of {name} is approved already; there is nothing new to publish");
    let hint = "call it, or change it with mcpbox_update_tool first; mcpbox_request_module and mcpbox_request_network_access ask for more";
    Failure::new(FailureKind::Conflict, message).hint(hint).next("mcpbox_get_tool_status", json!({"tool_id": name}))
}

fn report(
    cat: &Catalog,
    loaded: &Loaded,
    standing: &Standing,
    review: Review,
    regression: Option<RegressionReport>,
) -> PublishReport {
    let used: Capabilities = loaded.newest.content.capabilities.union(&review.requested).cloned().collect();
    let secrets_without_value = standing.secrets_without_value(&used);
    let (name, url) = (loaded.name(), cat.review_url(review.id));
    let is_approved = review.state == ReviewState::Approved;
    let call = json!({"name": name, "arguments": {}});
    let waiting = || {
        vec![
            NextStep::human(format!("ask the human to decide at {url}; a yes in the chat does not count"), url.clone()),
            NextStep::call(
                "then poll its status; once approved it can be called at once",
                "mcpbox_get_tool_status",
                json!({"tool_id": name}),
            ),
        ]
    };
    let mut next = match is_approved {
        true => vec![NextStep::call("a rule of this MCPbox approved it; call it", "mcpbox_call_tool", call)],
        false => waiting(),
    };
    next.extend(regression.as_ref().and_then(RegressionReport::advice).map(NextStep::say));
    if review.requested.iter().any(|capability| matches!(capability, Capability::Package(_))) {
        let step = "its packages are being resolved; the review shows what would be installed, and it can be approved once that is known";
        next.push(NextStep::say(step));
    }
    if !secrets_without_value.is_empty() {
        let page = cat.admin_page(&format!("servers/{}", loaded.server.id));
        let step = format!("ask the human to set {} at {page}", secrets_without_value.join(", "));
        next.push(NextStep::human(step, page));
    }
    if loaded.server.status == ServerStatus::Stopped {
        let start = json!({"server_id": loaded.server.name});
        next.push(NextStep::call(
            "start the server, so that the tool is published once approved",
            "mcpbox_start_server",
            start,
        ));
    }
    PublishReport {
        review_id: review.id,
        review_url: url,
        tool_id: loaded.tool.id,
        name,
        version: loaded.newest.number,
        was_open: false,
        content_hash: review.content_hash,
        risk: review.risk,
        requested: review.requested.into_iter().collect(),
        secrets_without_value,
        regression,
        approved_by: review.decided_by.filter(|_| is_approved).map(|by| by.name),
        next,
    }
}
