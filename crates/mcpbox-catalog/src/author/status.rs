//! Where a tool stands, and what its author should do next.

use mcpbox_core::{
    call::CallRecord,
    capability::Capability,
    grant::Grant,
    ids::{ReviewId, ToolId},
    review::{Refusal, Review, ReviewPurpose},
    version::VersionState,
};
use mcpbox_store::{calls, reviews};
use serde::Serialize;
use serde_json::json;

use super::Need;
use crate::{
    Caller, Catalog, CatalogError, NextStep,
    lines::Lines,
    load::{self, Loaded},
    needs::Standing,
    next::YOURS,
    packages,
    review::RegressionReport,
    withheld::Withheld,
};

/// Where a tool stands.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ToolStatus {
    /// The tool.
    pub tool_id: ToolId,
    /// `server__tool`.
    pub name: String,
    /// Whether clients see it now.
    pub published: bool,
    /// Why not, if not.
    pub not_published_because: Option<String>,
    /// The number of the version that calls run.
    pub live_version: Option<u32>,
    /// The number of the newest version.
    pub newest_version: u32,
    /// Where the newest version stands.
    pub state: VersionState,
    /// What a human said about the newest version.
    pub comment: Option<String>,
    /// What a human refused of the newest version's bundle, and why.
    pub refused: Vec<Refusal>,
    /// The review that waits.
    pub review_id: Option<ReviewId>,
    /// Where a human decides.
    pub review_url: Option<String>,
    /// What approval of the open review grants.
    pub requested: Vec<Capability>,
    /// What the newest version needs and does not have.
    pub needs: Vec<Need>,
    /// Requests that wait.
    pub pending_grants: Vec<Grant>,
    /// Secrets the tool uses that have no value yet.
    pub secrets_without_value: Vec<String>,
    /// The kept test runs of the newest version.
    pub tests: TestSummary,
    /// How the examples of the live version compare, for the open review; none when there are none.
    pub regression: Option<RegressionReport>,
    /// What keeps its packages from being used: they are being resolved or installed, or that failed.
    pub packages: Option<String>,
    /// What to do now.
    pub next: Vec<NextStep>,
}

/// The kept test runs of a version.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TestSummary {
    /// How many passed.
    pub passed: usize,
    /// How many failed.
    pub failed: usize,
    /// How many had mocked answers, whether they passed or not.
    pub mocked: usize,
    /// How many are repeated for each newer version once this one is live.
    pub examples: usize,
}

impl TestSummary {
    fn of(runs: &[CallRecord]) -> Self {
        let count = |test: fn(&CallRecord) -> bool| runs.iter().filter(|run| test(run)).count();
        Self {
            passed: count(|run| run.failure.is_none()),
            failed: count(|run| run.failure.is_some()),
            mocked: count(|run| run.trial.as_ref().is_some_and(|trial| trial.mocked)),
            examples: count(|run| run.trial.as_ref().is_some_and(|trial| trial.is_example)),
        }
    }
}

/// Where a tool stands and what to do next.
///
/// # Errors
/// `not_found` with the nearest names.
pub async fn get_tool_status(
    cat: &Catalog,
    who: impl Into<Caller<'_>>,
    tool: &str,
) -> Result<ToolStatus, CatalogError> {
    let snapshot = cat.snapshot();
    let known = who.into().seen_tool(&snapshot, tool)?;
    let reader = cat.store.reader();
    let loaded = load::tool(&reader, known.tool.id).await?;
    let standing = Standing::read(&reader, &loaded.server, loaded.tool.id).await?;
    let open = reviews::open_for_tool(&reader, loaded.tool.id).await?;
    let content = &loaded.newest.content;
    let last = reviews::latest_for_tool(&reader, loaded.tool.id).await?;
    let last = last.filter(|last| last.version_id == loaded.newest.id || last.purpose == ReviewPurpose::Grant);
    let said = last.as_ref().filter(|last| last.purpose == ReviewPurpose::Grant).map(|last| last.comment.clone());
    let refused = last.map(|last| last.refused).unwrap_or_default();
    let lines = Lines::of(&crate::source::analyze(content, loaded.server.code_policy));
    let needs = standing.needs(&content.capabilities, &lines, &loaded.server, &loaded.name());
    let decision = loaded.newest.decision.as_ref();
    let secrets_without_value = standing.secrets_without_value(&content.capabilities);
    let facts = Facts {
        loaded: &loaded,
        withheld: known.withheld,
        open: open.as_ref(),
        refused: &refused,
        secrets_without_value: &secrets_without_value,
    };
    let packages = packages::of_author(cat, known, open.as_ref(), &standing).await?;
    let tests = TestSummary::of(&calls::evidence_for_version(&reader, loaded.newest.id).await?);
    let regression = match &open {
        Some(review) => RegressionReport::of_review(cat, review.id).await?,
        None => None,
    };
    let mut next = facts.next(cat);
    next.extend(regression.as_ref().and_then(RegressionReport::advice).map(NextStep::say));
    next.extend(packages.clone().map(NextStep::say));
    Ok(ToolStatus {
        tool_id: loaded.tool.id,
        name: loaded.name(),
        published: known.withheld.is_none(),
        not_published_because: known.withheld.map(|withheld| withheld.reason().to_owned()),
        live_version: known.live_version,
        newest_version: loaded.newest.number,
        state: loaded.newest.state,
        comment: said
            .filter(|said| !said.is_empty())
            .or_else(|| decision.map(|decision| decision.comment.clone()))
            .filter(|comment| !comment.is_empty()),
        refused,
        review_id: open.as_ref().map(|review| review.id),
        review_url: open.as_ref().map(|review| cat.review_url(review.id)),
        requested: open.as_ref().map(|review| review.requested.iter().cloned().collect()).unwrap_or_default(),
        needs,
        pending_grants: standing.pending().cloned().collect(),
        secrets_without_value,
        tests,
        regression,
        packages,
        next,
    })
}

/// What the next step depends on.
struct Facts<'a> {
    loaded: &'a Loaded,
    withheld: Option<Withheld>,
    open: Option<&'a Review>,
    refused: &'a [Refusal],
    secrets_without_value: &'a [String],
}

impl Facts<'_> {
    fn next(&self, cat: &Catalog) -> Vec<NextStep> {
        let name = self.loaded.name();
        let tool = || json!({"tool_id": name});
        let mut next = Vec::new();
        match self.loaded.newest.state {
            VersionState::Draft => {
                next.push(NextStep::call("try it in quarantine", "mcpbox_test_code", tool()));
                next.push(NextStep::call("ask for publication", "mcpbox_request_publish", tool()));
            }
            VersionState::PendingReview => {
                let at = self.open.map_or_else(|| cat.admin_page("approvals"), |review| cat.review_url(review.id));
                next.push(NextStep::human(format!("it waits for a human; ask them to decide at {at}"), at.clone()));
                next.push(NextStep::call("then ask for its status again", "mcpbox_get_tool_status", tool()));
            }
            VersionState::Rejected => {
                let update = json!({"tool_id": name, "python_code": YOURS});
                next.push(NextStep::call(self.mend(), "mcpbox_update_tool", update));
                next.push(NextStep::call(
                    "or ask again with notes that answer the comment",
                    "mcpbox_request_publish",
                    tool(),
                ));
            }
            VersionState::Approved => {
                if let Some(open) = self.open {
                    let at = cat.review_url(open.id);
                    let step = format!("what it asks for waits for a human; ask them to decide at {at}");
                    next.push(NextStep::human(step, at));
                }
            }
        }
        if !self.secrets_without_value.is_empty() {
            let page = cat.admin_page(&format!("servers/{}", self.loaded.server.id));
            let keys = self.secrets_without_value.join(", ");
            next.push(NextStep::human(format!("ask the human to set {keys} at {page}"), page));
        }
        next.extend(self.to_publish(&name));
        next
    }

    /// What to change in a version that was sent back.
    fn mend(&self) -> String {
        if self.refused.is_empty() {
            return "a human sent it back; read the comment, and change the code or the description".to_owned();
        }
        let refused: Vec<String> =
            self.refused.iter().map(|refusal| format!("{} ({})", refusal.capability, refusal.reason)).collect();
        format!("a human sent it back; change the code so that it does without {}", refused.join(", "))
    }

    /// What stands between the approved version and its callers.
    fn to_publish(&self, name: &str) -> Option<NextStep> {
        match self.withheld {
            None => {
                let step = "call it by its name; if your client does not list it yet, through mcpbox_call_tool";
                Some(NextStep::call(step, "mcpbox_call_tool", json!({"name": name, "arguments": {}})))
            }
            Some(Withheld::ServerStopped) => {
                let server = json!({"server_id": self.loaded.server.name});
                Some(NextStep::call("start its server to publish it", "mcpbox_start_server", server))
            }
            Some(Withheld::Disabled) => Some(NextStep::call(
                "enable it to publish it",
                "mcpbox_update_tool",
                json!({"tool_id": name, "enabled": true}),
            )),
            Some(Withheld::Quarantined) => {
                let step =
                    "ask the human to decide on its review: the source offers something else by now than was approved";
                Some(NextStep::say(step))
            }
            Some(Withheld::Unsound) => Some(NextStep::say("tell the admin: what is stored is not what was approved")),
            Some(Withheld::GrantExpired) => {
                let step = "a grant it needs was for a time that is over; ask for it again";
                Some(NextStep::call(step, "mcpbox_request_publish", json!({"tool_id": name})))
            }
            Some(Withheld::NotApproved) => None,
        }
    }
}
