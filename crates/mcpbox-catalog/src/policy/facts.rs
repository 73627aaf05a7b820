//! The facts that rules look at, read on one connection: inside the transaction that decides, or of one moment for a preview.

use chrono::{DateTime, Utc};
use mcpbox_core::{
    call::CallRecord,
    capability::{Capabilities, Capability},
    grant::Grant,
    hash::ContentHash,
    principal::ActorKind,
    regression::RegressionState,
    review::{Review, ReviewPurpose, ReviewState},
    server::CodePolicy,
    version::{Version, VersionState},
};
use mcpbox_store::{
    Connection,
    calls::{self, EVIDENCE_MAX},
    regressions, reviews, versions,
};
use serde_json::{Value, json};

use crate::{
    CatalogError, Snapshot,
    assessment::{Asked, assess},
    author::Finding,
    findings,
    load::Loaded,
    needs::Standing,
    text,
};

/// Everything a rule may look at.
pub(super) struct Facts {
    pub(super) version_hash: ContentHash,
    pub(super) policy: CodePolicy,
    /// What approval would newly grant.
    pub(super) requested: Capabilities,
    pub(super) capabilities: Capabilities,
    /// Grants in force for the tool, of any scope.
    pub(super) grants: Vec<Grant>,
    /// Findings of the source and of the tests.
    pub(super) findings: Vec<Finding>,
    pub(super) uses_http: bool,
    pub(super) hosts_named: bool,
    pub(super) secrets_named: bool,
    pub(super) packages_named: bool,
    pub(super) is_renamed: bool,
    pub(super) is_external: bool,
    pub(super) has_hidden_characters: bool,
    /// All kept test runs of the version.
    pub(super) runs: Vec<CallRecord>,
    /// Whether none was dropped because there were too many.
    pub(super) has_all_runs: bool,
    /// None when there was nothing to repeat.
    pub(super) regression: Option<RegressionState>,
    /// The version of the same content that a human approved: its number and who.
    pub(super) identical_to: Option<(u32, String)>,
    pub(super) was_refused: bool,
}

impl Facts {
    /// Reads the facts about a review as they were at `as_of`.
    pub(super) async fn gather(
        connection: &impl Connection,
        review: &Review,
        (loaded, version): (&Loaded, &Version),
        (snapshot, as_of): (&Snapshot, DateTime<Utc>),
    ) -> Result<Self, CatalogError> {
        let content = &version.content;
        let analysis = crate::source::analyze(content, loaded.server.code_policy);
        let standing = Standing::read(connection, &loaded.server, loaded.tool.id).await?;
        let mut runs = calls::evidence_for_version(connection, version.id).await?;
        let ordinary = runs.iter().filter(|run| !run.trial.as_ref().is_some_and(|trial| trial.is_example)).count();
        let has_all_runs = u64::try_from(ordinary).is_ok_and(|kept| kept < EVIDENCE_MAX);
        runs.retain(|run| run.started_at <= as_of);
        let live = match loaded.tool.live_version.filter(|live| *live != version.id) {
            Some(live) => versions::by_id(connection, live).await?,
            None => None,
        };
        let (server, live, requested) = (&loaded.server, live.as_ref(), &review.requested);
        let asked = Asked { server, version, live, requested, standing: &standing, snapshot };
        let same = versions::by_content_hash(connection, loaded.tool.id, &version.content_hash).await?;
        Ok(Self {
            version_hash: content.hash(),
            policy: loaded.server.code_policy,
            requested: review.requested.clone(),
            capabilities: content.capabilities.clone(),
            grants: standing.approved().cloned().collect(),
            findings: findings::of_version(&asked, &assess(&asked), &runs),
            uses_http: analysis.uses_http,
            hosts_named: !analysis.hosts.is_empty(),
            secrets_named: !analysis.secrets.is_empty(),
            packages_named: analysis
                .imports
                .iter()
                .any(|import| import.status == mcpbox_analysis::ImportStatus::Package),
            is_external: crate::source::rule(content).is_some(),
            is_renamed: loaded.tool.name != content.name,
            has_hidden_characters: text::marked(&content.description).is_some()
                || text::marked(&content.code).is_some(),
            has_all_runs,
            regression: regressions::of_review(connection, review.id).await?.map(|found| found.state(as_of)),
            identical_to: approved_by_human(connection, &same, version, as_of).await?,
            was_refused: was_refused(connection, &same, review, as_of).await?,
            runs,
        })
    }

    /// Whether code or grants hold such a capability.
    pub(super) fn uses(&self, test: impl Fn(&Capability) -> bool) -> bool {
        let granted = self.grants.iter().map(|grant| &grant.capability);
        self.capabilities.iter().chain(&self.requested).chain(granted).any(test)
    }

    /// What the audit row of an automatic decision keeps of the facts.
    pub(super) fn inputs(&self) -> Value {
        let grants: Vec<String> = self.grants.iter().map(|grant| grant.capability.to_string()).collect();
        let findings: Vec<&str> = self.findings.iter().map(|finding| finding.rule.as_str()).collect();
        let tests: Vec<Value> = self.runs.iter().map(|run| {
            let trial = run.trial.as_ref();
            json!({"call": run.id, "passed": run.failure.is_none(), "mocked": trial.is_some_and(|trial| trial.mocked),
                   "purpose": trial.map(|trial| trial.purpose), "hosts": run.observed.hosts.len()})
        }).collect();
        json!({"code_policy": self.policy, "grants": grants, "findings": findings, "tests": tests,
               "regression": self.regression, "identical_to": self.identical_to.as_ref().map(|(number, _)| number)})
    }
}

/// The newest approved version of the same content that a human decided on.
async fn approved_by_human(
    connection: &impl Connection,
    same: &[Version],
    version: &Version,
    as_of: DateTime<Utc>,
) -> Result<Option<(u32, String)>, CatalogError> {
    for other in same.iter().filter(|other| other.id != version.id && other.state == VersionState::Approved) {
        let Some(decision) = &other.decision else { continue };
        if decision.by.kind != ActorKind::Admin || decision.at > as_of || other.content.hash() != other.content_hash {
            continue;
        }
        // Version and review must tell the same: one row alone is not enough.
        let of_version = reviews::of_version(connection, other.id).await?;
        let is_confirmed = |review: &Review| {
            review.state == ReviewState::Approved
                && review.purpose == ReviewPurpose::Publish
                && review.decided_by.as_ref().is_some_and(|by| by.kind == ActorKind::Admin)
        };
        if of_version.iter().any(is_confirmed) {
            return Ok(Some((other.number, decision.by.name.clone())));
        }
    }
    Ok(None)
}

/// Whether a human ever said no to the same content.
async fn was_refused(
    connection: &impl Connection,
    same: &[Version],
    this: &Review,
    as_of: DateTime<Utc>,
) -> Result<bool, CatalogError> {
    for other in same {
        let refused = |review: &Review| {
            review.id != this.id
                && matches!(review.state, ReviewState::Rejected | ReviewState::Revoked)
                && review.decided_at.is_none_or(|at| at <= as_of)
        };
        if reviews::of_version(connection, other.id).await?.iter().any(refused) {
            return Ok(true);
        }
    }
    Ok(false)
}
