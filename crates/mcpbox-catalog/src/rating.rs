//! How much care a review wants and what approving it does, as decisions need it: findings have names by which they are
//! acknowledged. The rating itself is `mcpbox-analysis`'s; submission and decision both ask for it here.

use std::collections::HashMap;

use mcpbox_analysis::{Assessment, Consequence};
use mcpbox_core::{
    call::CallRecord,
    capability::Capability,
    name::published_name,
    review::{ReviewPurpose, Risk},
    server::ServerStatus,
    tool::Tool,
};
use serde::Serialize;

use crate::{
    assessment::{Asked, assess},
    author::{Finding, Severity},
    findings,
    packages::PackageReport,
};

/// How much care a review wants, and why.
pub(crate) struct Rating {
    pub(crate) risk: Risk,
    pub(crate) findings: Vec<ReviewFinding>,
    /// Why the risk is what it is, the gravest first.
    pub(crate) reasons: Vec<String>,
    /// What approval newly lets the tool do.
    pub(crate) newly: Consequence,
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

/// Rates a bundle, of whose version these are the kept test runs.
pub(crate) fn rate(asked: &Asked<'_>, runs: &[CallRecord]) -> Rating {
    let assessed = assess(asked);
    let findings = named(findings::of_version(asked, &assessed, runs));
    let Assessment { risk, reasons, consequence: newly, .. } = assessed;
    Rating { risk, findings, reasons, newly }
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
    asked: &Asked<'_>,
    tool: &Tool,
    packages: Option<&PackageReport>,
) -> String {
    let Asked { server, version, live, requested, .. } = asked;
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
        Capability::Source(rule) if rule.program.is_some() => format!("send data to the {rule}, and read its answers"),
        Capability::Source(rule) => format!("send data to the {rule} and read its answers"),
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
            about: crate::author::FindingAbout::Code,
            line,
            column: None,
            message: String::new(),
            snippet: None,
            hint: None,
        };
        let all = [("a", Some(3)), ("a", Some(3)), ("a", Some(4)), ("b", None)].map(|(rule, line)| finding(rule, line));
        let ids: Vec<String> = named(all.into()).into_iter().map(|finding| finding.id).collect();
        assert_eq!(ids, ["a:3", "a:3:2", "a:4", "b:0"]);
    }
}
