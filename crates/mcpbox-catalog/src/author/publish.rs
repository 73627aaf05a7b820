//! Asking for publication: one bundle of a version and everything it needs, for one human decision.

use std::sync::Arc;

use mcpbox_core::{
    capability::{Capabilities, Capability},
    event::LiveEvent,
    failure::{Failure, FailureKind},
    hash::ContentHash,
    ids::{ReviewId, ToolId},
    review::{Review, ReviewState, Risk},
    server::ServerStatus,
    version::{VersionEvent, VersionState},
};
use mcpbox_store::{reviews, versions};
use serde::Serialize;
use serde_json::json;

use super::code;
use crate::{
    Caller, Catalog, CatalogError, NextStep,
    bundle::Bundle,
    change::Change,
    evidence::regression,
    load::{self, Loaded},
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

/// Bundles the newest version and everything it needs that is not granted into one review.
///
/// # Errors
/// `conflict` when the newest version is live or waits already, `not_found`.
pub async fn request_publish(
    cat: &Arc<Catalog>,
    who: impl Into<Caller<'_>>,
    tool: &str,
    notes: &str,
) -> Result<PublishReport, CatalogError> {
    let who = who.into();
    who.check_author()?;
    let id = cat.snapshot().find_tool(tool)?.tool.id;
    let notes = text::remark("notes", notes)?;
    let mut change = Change::begin(cat, who.actor()).await?;
    let loaded = load::tool(&change.tx, id).await?;
    let pending = loaded.newest.state.apply(VersionEvent::Submit);
    let Ok(pending) = pending else { return Err(not_submittable(cat, &change, &loaded).await?.into()) };
    // What is stored was checked when it was written; the rules may have become stricter since.
    code::check(&loaded.newest.content.code, loaded.server.code_policy)?;
    let standing = Standing::read(&change.tx, &loaded.server, id).await?;
    let bundle = Bundle::build(&mut change, &loaded, &standing).await?;
    let review = review(&change, &loaded, bundle, notes);
    versions::set_state(&change.tx, loaded.newest.id, loaded.newest.state, pending, None).await?;
    reviews::insert(&change.tx, &review).await?;
    let begun = regression::begin(&change, review.id, &loaded.tool, loaded.newest.id).await?;
    let detail = json!({"name": loaded.name(), "version": loaded.newest.number, "content_hash": review.content_hash,
                        "requested": review.requested, "risk": review.risk});
    change.audit("review.open", format!("review:{}", review.id), detail).await?;
    change.touch_tool(id);
    change.tell(LiveEvent::ReviewChanged { review_id: review.id });
    change.commit().await?;
    policy::after_submission(cat, review.id, begun).await;
    let review = reviews::by_id(&cat.store.reader(), review.id).await?.unwrap_or(review);
    let regression = RegressionReport::of_review(cat, review.id).await?;
    Ok(report(cat, &loaded, &standing, review, regression))
}

fn review(change: &Change, loaded: &Loaded, bundle: Bundle, notes: String) -> Review {
    Review {
        id: ReviewId::generate(),
        tool_id: loaded.tool.id,
        version_id: loaded.newest.id,
        requested: bundle.requested,
        content_hash: bundle.content_hash,
        state: ReviewState::Open,
        risk: bundle.risk,
        notes,
        requested_by: change.actor.clone(),
        created_at: change.now,
        decided_by: None,
        decided_at: None,
        comment: String::new(),
    }
}

/// Why the newest version cannot be submitted: it waits already, or is live.
async fn not_submittable(cat: &Catalog, change: &Change, loaded: &Loaded) -> Result<Failure, CatalogError> {
    let (name, number) = (loaded.name(), loaded.newest.number);
    let status = json!({"tool_id": name});
    if loaded.newest.state == VersionState::PendingReview {
        let open = reviews::open_for_tool(&change.tx, loaded.tool.id).await?;
        let at = open.map_or_else(String::new, |review| format!(" at {}", cat.review_url(review.id)));
        let failure =
            Failure::new(FailureKind::Conflict, format!("version {number} of {name} waits for a human already{at}"));
        return Ok(failure.hint("ask the human to decide, and poll its status").next("mcpbox_get_tool_status", status));
    }
    let failure = Failure::new(
        FailureKind::Conflict,
        format!("version {number} of {name} is approved already; there is nothing new to publish"),
    );
    let hint = "call it, or change it with mcpbox_update_tool first; mcpbox_request_module and mcpbox_request_network_access ask for more";
    Ok(failure.hint(hint).next("mcpbox_get_tool_status", status))
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
            NextStep::say(format!("ask the human to decide at {url}; a yes in the chat does not count")),
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
        next.push(NextStep::say(format!("ask the human to set {} at {page}", secrets_without_value.join(", "))));
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
        content_hash: review.content_hash,
        risk: review.risk,
        requested: review.requested.into_iter().collect(),
        secrets_without_value,
        regression,
        approved_by: review.decided_by.filter(|_| is_approved).map(|by| by.name),
        next,
    }
}
