//! How much care a review wants and what approving it does. Pure: what is rated comes in, the rating comes out. Whatever
//! else should raise the risk or be shown as a finding belongs into [`rate`], which submission and decision both ask.

use std::collections::HashMap;

use mcpbox_analysis::Analysis;
use mcpbox_core::{
    capability::{Capabilities, Capability},
    name::published_name,
    review::{ReviewPurpose, Risk, risk},
    server::{CodePolicy, Server, ServerStatus},
    tool::Tool,
    version::Version,
};
use serde::Serialize;

use crate::{
    author::{Finding, Severity, findings},
    needs::Standing,
    packages::PackageReport,
};

/// What is rated.
pub(crate) struct Subject<'a> {
    pub(crate) server: &'a Server,
    pub(crate) version: &'a Version,
    /// What approval newly grants.
    pub(crate) requested: &'a Capabilities,
    /// What is granted now.
    pub(crate) standing: &'a Standing,
}

/// How much care a review wants, and why.
pub(crate) struct Rating {
    pub(crate) risk: Risk,
    pub(crate) findings: Vec<ReviewFinding>,
}

/// A finding that a decision can name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReviewFinding {
    /// Names it within this review, as long as the bundle's hash stays: `rule:line`, with a number when there are several.
    pub id: String,
    /// What it is.
    #[serde(flatten)]
    pub finding: Finding,
}

/// Rates a bundle.
pub(crate) fn rate(subject: &Subject<'_>) -> Rating {
    let code = &subject.version.content.code;
    let analysis = mcpbox_analysis::analyze(code, subject.server.code_policy);
    let findings = named(findings(&analysis));
    Rating { risk: risk_of(subject, &analysis), findings }
}

fn risk_of(subject: &Subject<'_>, analysis: &Analysis) -> Risk {
    let granted = subject.standing.approved().map(|grant| &grant.capability);
    let needed = &subject.version.content.capabilities;
    let all: Capabilities = needed.iter().chain(subject.requested).chain(granted).cloned().collect();
    let serious = analysis.findings.iter().filter(|finding| finding.severity != mcpbox_analysis::Severity::Notice);
    let has_network = all.iter().any(|capability| matches!(capability, Capability::Host(_)));
    match subject.server.code_policy {
        CodePolicy::Standard if has_network => Risk::Critical,
        _ => risk(&all, subject.requested, serious.count()),
    }
}

/// Findings with the names by which a decision acknowledges them.
fn named(findings: Vec<Finding>) -> Vec<ReviewFinding> {
    let mut seen: HashMap<String, u32> = HashMap::new();
    let name = |finding: Finding| {
        let place = format!("{}:{}", finding.rule, finding.line.unwrap_or_default());
        let count = seen.entry(place.clone()).or_default();
        *count += 1;
        let id = if *count == 1 { place } else { format!("{place}:{count}") };
        ReviewFinding { id, finding }
    };
    findings.into_iter().map(name).collect()
}

impl ReviewFinding {
    /// Whether a reviewer has to say that they saw it. Notices are good to know and raise no risk.
    pub(crate) fn is_serious(&self) -> bool {
        self.finding.severity != Severity::Notice
    }
}

/// What approval of a bundle does, in a sentence.
pub(crate) fn consequence(
    purpose: ReviewPurpose,
    subject: &Subject<'_>,
    tool: &Tool,
    live: Option<&Version>,
    packages: Option<&PackageReport>,
) -> String {
    let Subject { server, version, requested, .. } = subject;
    let name = published_name(&server.name, &version.content.name);
    let number = version.number;
    let gains: Vec<String> = requested.iter().map(gain).collect();
    let gains = if gains.is_empty() {
        "It gains nothing new.".to_owned()
    } else {
        format!("It may then {}.", gains.join(", "))
    };
    let packages = packages.map_or_else(String::new, |packages| format!(" {}", packages.consequence));
    if purpose == ReviewPurpose::Grant {
        return format!("{name} stays as it is; no version goes live by this. {gains}{packages}");
    }
    let when = match (server.status, tool.enabled) {
        (ServerStatus::Stopped, _) => "as soon as its server is started",
        (ServerStatus::Running, false) => "as soon as it is enabled",
        (ServerStatus::Running, true) => "at once",
    };
    let replaces = live.map_or_else(String::new, |live| format!(" in place of version {}", live.number));
    format!("Every client can call {name} (version {number}){replaces} {when}. {gains}{packages}")
}

fn gain(capability: &Capability) -> String {
    match capability {
        Capability::Module { name } => format!("import {name}"),
        Capability::Package(rule) if rule.network => {
            format!("use the package {}, which may speak HTTP by itself to granted hosts", rule.requirement())
        }
        Capability::Package(rule) => format!("use the package {rule}"),
        Capability::Host(rule) => format!("send data to {rule} and read its answers"),
        Capability::Secret { key } => format!("use the secret {key}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_of_one_line_get_names_of_their_own() {
        let finding = |rule: &str, line| Finding {
            rule: rule.to_owned(),
            severity: Severity::Warning,
            line,
            message: String::new(),
            snippet: None,
            hint: None,
        };
        let all = [("a", Some(3)), ("a", Some(3)), ("a", Some(4)), ("b", None)].map(|(rule, line)| finding(rule, line));
        let ids: Vec<String> = named(all.into()).into_iter().map(|finding| finding.id).collect();
        assert_eq!(ids, ["a:3", "a:3:2", "a:4", "b:0"]);
    }
}
