//! Secrets that go where they are not bound to, and values that the code sees.

use std::collections::{BTreeMap, BTreeSet};

use mcpbox_core::secret::SecretMode;

use super::{KnownSecret, Subject};
use crate::{Finding, SecretFlow, SecretSink, Severity, finding::About, hosts::known::site};

/// Judges each flow of a secret by what is known of the secret.
pub(super) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    spread(subject, findings);
    for flow in &subject.analysis.secret_flows {
        let known = subject.secrets.iter().find(|secret| secret.key == flow.key);
        match &flow.to {
            SecretSink::Model => shown(flow, known, findings),
            SecretSink::Host(host) => {
                let bound = known.map(|secret| secret.hosts).unwrap_or_default();
                if bound.iter().any(|rule| rule.host == host.host) {
                    continue;
                }
                let (severity, message) = if bound.is_empty() {
                    let message = format!("the secret {} goes to {host}, and is bound to no host yet", flow.key);
                    (Severity::Warning, message)
                } else {
                    let hosts: Vec<String> = bound.iter().map(ToString::to_string).collect();
                    (
                        Severity::Danger,
                        format!("the secret {} goes to {host}, but is bound to {}", flow.key, hosts.join(", ")),
                    )
                };
                let hint = "Send a secret only to the hosts it is bound to; egress puts the value in nowhere else.";
                findings.push(at(flow, severity, "secret_unbound_host", message, hint));
            }
        }
    }
}

/// Secrets that more than one site gets, whatever they are bound to: an author may have proposed both.
fn spread(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let mut first: BTreeMap<&str, &str> = BTreeMap::new();
    let mut told: BTreeSet<&str> = BTreeSet::new();
    for flow in &subject.analysis.secret_flows {
        let SecretSink::Host(host) = &flow.to else { continue };
        let site = site(&host.host);
        let known = *first.entry(&flow.key).or_insert(site);
        if known != site && told.insert(&flow.key) {
            let message = format!("the secret {} goes to {known} and to {site}", flow.key);
            let hint = "A secret belongs to one service: make one for each.";
            findings.push(at(flow, Severity::Warning, "secret_two_sites", message, hint));
        }
    }
}

/// A secret that is shown is worse when the code sees its value.
fn shown(flow: &SecretFlow, known: Option<&KnownSecret<'_>>, findings: &mut [Finding]) {
    if known.is_none_or(|secret| secret.mode != SecretMode::Revealed) {
        return;
    }
    let is_it = |finding: &&mut Finding| finding.rule == "secret_shown" && finding.line == flow.line;
    findings.iter_mut().filter(is_it).for_each(|finding| finding.severity = Severity::Danger);
}

fn at(flow: &SecretFlow, severity: Severity, rule: &'static str, message: String, hint: &str) -> Finding {
    let (line, column, snippet) = (flow.line, flow.column, flow.snippet.clone());
    Finding { severity, rule, about: About::Code, line, column, snippet, message, hint: Some(hint.to_owned()) }
}
