//! How much care a review wants: the findings in the code together with what surrounds it (name, description, secrets,
//! the live version, other tools) and with what approval newly grants. Pure, and the same for the same input.

mod consequence;
mod duplicate;
mod names;
mod rating;
mod schema;
mod secrets;
mod texts;

use mcpbox_core::{
    capability::{Capabilities, HostRule},
    review::Risk,
    secret::SecretMode,
    server::CodePolicy,
};
use serde_json::Value;

pub use self::{
    consequence::{Consequence, ConsequenceKind, ConsequencePart},
    duplicate::Fingerprint,
};
use crate::{Analysis, Finding, Severity, finding::About};

/// A version and what surrounds it.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The tool's name within its server.
    pub name: &'a str,
    /// What clients will see.
    pub description: &'a str,
    /// The source.
    pub code: &'a str,
    /// What the source tells, under the same policy.
    pub analysis: &'a Analysis,
    /// The language rules of the server.
    pub policy: CodePolicy,
    /// The secrets of the server.
    pub secrets: &'a [KnownSecret<'a>],
    /// The schemas that clients have now; none when no version is live.
    pub live: Option<LiveSchemas<'a>>,
    /// The other tools of the box.
    pub others: &'a [OtherTool<'a>],
    /// What approval newly grants.
    pub requested: &'a Capabilities,
    /// What the tool has already.
    pub granted: &'a Capabilities,
}

/// A secret, apart from its value.
#[derive(Debug, Clone, Copy)]
pub struct KnownSecret<'a> {
    /// Its key.
    pub key: &'a str,
    /// Hosts it is bound to.
    pub hosts: &'a [HostRule],
    /// Whether the code sees its value.
    pub mode: SecretMode,
}

/// What clients of the live version rely on.
#[derive(Debug, Clone, Copy)]
pub struct LiveSchemas<'a> {
    /// JSON Schema of the arguments.
    pub input: &'a Value,
    /// JSON Schema of the result.
    pub output: Option<&'a Value>,
}

/// Another tool.
#[derive(Debug, Clone, Copy)]
pub struct OtherTool<'a> {
    /// `server__tool`.
    pub name: &'a str,
    /// Its code's fingerprint; none when the code is not at hand.
    pub fingerprint: Option<&'a Fingerprint>,
}

/// How much care a review wants, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Assessment {
    /// The rating.
    pub risk: Risk,
    /// Why it is that, the gravest first; empty for a low one.
    pub reasons: Vec<String>,
    /// All findings, worst first.
    pub findings: Vec<Finding>,
    /// What approval changes.
    pub consequence: Consequence,
}

/// Assesses a version.
pub fn assess(subject: &Subject<'_>) -> Assessment {
    let mut findings = subject.analysis.findings.clone();
    secrets::check(subject, &mut findings);
    texts::check(subject, &mut findings);
    names::check(subject, &mut findings);
    schema::check(subject, &mut findings);
    duplicate::check(subject, &mut findings);
    findings.sort_by(|a, b| {
        (a.severity, a.about, a.line, a.column, a.rule, &a.message)
            .cmp(&(b.severity, b.about, b.line, b.column, b.rule, &b.message))
    });
    findings.dedup();
    let (risk, reasons) = rating::rate(subject, &findings);
    let consequence = Consequence::of(subject.requested, subject.granted, subject.analysis, subject.secrets);
    Assessment { risk, reasons, findings, consequence }
}

/// A finding that has no place in the source.
fn finding(severity: Severity, rule: &'static str, about: About, message: String, hint: &str) -> Finding {
    let hint = Some(hint.to_owned());
    Finding { severity, rule, about, line: 0, column: 0, snippet: String::new(), message, hint }
}
