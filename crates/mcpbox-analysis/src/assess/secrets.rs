//! Secrets that go where they are not bound to, and values that the code sees.

use mcpbox_core::secret::SecretMode;

use super::{KnownSecret, Subject};
use crate::{Finding, SecretFlow, SecretSink, Severity, finding::About};

/// Judges each flow of a secret by what is known of the secret.
pub(super) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
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
