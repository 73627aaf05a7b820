//! The rules themselves: pure functions from facts to reasons against. No reason against is an approval.

use mcpbox_core::{
    call::{CallRecord, TrialPurpose},
    capability::{Capability, HostRule},
    execute::HostOutcome,
    hash::ContentHash,
    notification::NoticeEvent,
    principal::ActorKind,
    regression::RegressionState,
    server::CodePolicy,
    settings::AutoApproval,
};
use serde::{Deserialize, Serialize};

use super::facts::Facts;
use crate::author::Severity;

/// A rule that may approve without a human.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// Pure computing with a passing test and nothing to look at.
    PureCompute,
    /// Reads hosts that a human granted for GET.
    GrantedGet,
    /// The same as a version that a human approved.
    Identical,
}

impl Rule {
    /// All rules, the narrowest first.
    pub const ALL: [Self; 3] = [Self::Identical, Self::PureCompute, Self::GrantedGet];

    /// The word that settings and records use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PureCompute => "pure_compute",
            Self::GrantedGet => "granted_get",
            Self::Identical => "identical",
        }
    }

    /// What those who want to know are told when it approved something.
    pub(crate) fn notice(self) -> NoticeEvent {
        match self {
            Self::GrantedGet => NoticeEvent::GrantedGet,
            Self::PureCompute | Self::Identical => NoticeEvent::RuleApproved,
        }
    }

    /// Whether an admin switched it on.
    pub(super) fn is_on(self, settings: &AutoApproval) -> bool {
        match self {
            Self::PureCompute => settings.pure_compute,
            Self::GrantedGet => settings.granted_get,
            Self::Identical => settings.identical,
        }
    }

    /// What speaks against approving by this rule; nothing approves.
    pub(super) fn against(self, facts: &Facts) -> Vec<String> {
        let mut against = always(facts);
        match self {
            Self::Identical => against.extend(identical(facts)),
            Self::PureCompute => {
                against.extend(ordinary(facts));
                against.extend(pure(facts));
            }
            Self::GrantedGet => {
                against.extend(ordinary(facts));
                against.extend(only_reads(facts));
            }
        }
        against
    }
}

fn unless(holds: bool, reason: impl Into<String>) -> Option<String> {
    (!holds).then(|| reason.into())
}

/// What every rule demands: nothing newly granted, and no human ever said no to this content.
fn always(facts: &Facts) -> Vec<String> {
    let asked: Vec<String> = facts.requested.iter().map(ToString::to_string).collect();
    [
        unless(asked.is_empty(), format!("it asks for {}", asked.join(", "))),
        unless(!facts.was_refused, "a human sent the same content back, or took its approval back"),
        unless(
            facts.grants.iter().all(|grant| grant.decided_by.as_ref().is_some_and(|by| by.kind == ActorKind::Admin)),
            "something it may use was not granted by a human",
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn identical(facts: &Facts) -> Vec<String> {
    unless(facts.identical_to.is_some(), "no version of the same content was approved by a human").into_iter().collect()
}

/// What new content must fulfil to be approved unseen.
fn ordinary(facts: &Facts) -> Vec<String> {
    let serious: Vec<&str> = facts
        .findings
        .iter()
        .filter(|finding| finding.severity != Severity::Notice)
        .map(|finding| finding.rule.as_str())
        .collect();
    let secret = facts.secrets_named || facts.uses(|capability| matches!(capability, Capability::Secret { .. }));
    let package = facts.packages_named || facts.uses(|capability| matches!(capability, Capability::Package(_)));
    [
        unless(facts.policy == CodePolicy::Strict, "its server allows ordinary Python"),
        unless(!facts.is_renamed, "it changes the tool's name"),
        unless(!facts.has_hidden_characters, "its texts hold invisible or direction-changing characters"),
        unless(serious.is_empty(), format!("it has findings: {}", serious.join(", "))),
        unless(!secret, "a secret is within its reach"),
        unless(!facts.is_external, "it is a tool of another server"),
        unless(!package, "a package is within its reach"),
        unless(facts.runs.iter().all(|run| run.observed.secrets.is_empty()), "a test read a secret"),
        unless(facts.runs.iter().all(|run| run.observed.denied_modules.is_empty()), "a test was refused a module"),
        unless(facts.has_all_runs, "older test runs of it are no longer kept"),
        unless(passes(facts, |_| true), "no test of exactly this version passed without mocks"),
        regression(facts.regression),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn regression(state: Option<RegressionState>) -> Option<String> {
    match state {
        None | Some(RegressionState::Same) => None,
        Some(RegressionState::Changed) => Some("an example of the live version gives something else now".to_owned()),
        Some(RegressionState::Failed) => Some("an example of the live version fails now".to_owned()),
        Some(RegressionState::Running | RegressionState::Interrupted) => {
            Some("the examples of the live version were not all repeated".to_owned())
        }
    }
}

/// Whether a test of exactly this content passed without any canned answer, and `also` holds for it.
fn passes(facts: &Facts, also: impl Fn(&CallRecord) -> bool) -> bool {
    facts.runs.iter().any(|run| is_real(run, &facts.version_hash) && run.failure.is_none() && also(run))
}

fn is_real(run: &CallRecord, hash: &ContentHash) -> bool {
    let is_asked_for = run
        .trial
        .as_ref()
        .is_some_and(|trial| !trial.mocked && trial.content_hash == *hash && trial.purpose != TrialPurpose::Regression);
    is_asked_for && run.observed.hosts.iter().all(|attempt| attempt.outcome != HostOutcome::Mocked)
}

fn pure(facts: &Facts) -> Vec<String> {
    let host = facts.hosts_named || facts.uses(|capability| matches!(capability, Capability::Host(_)));
    [
        unless(!host, "a host is within its reach"),
        unless(!facts.uses_http, "its code uses http"),
        unless(facts.runs.iter().all(|run| run.observed.hosts.is_empty()), "a test tried the network"),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn only_reads(facts: &Facts) -> Vec<String> {
    let reads = |method: &str| matches!(method, "GET" | "HEAD");
    let granted: Vec<&HostRule> = facts.grants.iter().filter_map(|grant| host(&grant.capability)).collect();
    // The grants hold it to reading when it runs; what tests did only shows that it works so.
    let held = granted.iter().all(|rule| rule.method.as_deref().is_some_and(reads));
    let attempts = || facts.runs.iter().flat_map(|run| &run.observed.hosts);
    [
        unless(!granted.is_empty(), "no host is granted to it"),
        unless(held, "a host is granted to it for more than GET"),
        unless(attempts().all(|attempt| reads(&attempt.method)), "a test sent something else than GET"),
        unless(attempts().all(|attempt| attempt.outcome != HostOutcome::Denied), "a test was refused a host"),
        unless(
            passes(facts, |run| run.observed.hosts.iter().any(|attempt| attempt.outcome == HostOutcome::Reached)),
            "no test that passed reached a host",
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn host(capability: &Capability) -> Option<&HostRule> {
    match capability {
        Capability::Host(rule) => Some(rule),
        _ => None,
    }
}
