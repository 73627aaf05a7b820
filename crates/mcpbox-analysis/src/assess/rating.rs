//! The rating: one function of the findings and of what approval newly grants. The same input always gives the same rating,
//! and more findings or more grants never a lower one.

use std::collections::BTreeSet;

use mcpbox_core::{
    capability::{Capability, HostRule},
    review::Risk,
    secret::SecretMode,
    server::CodePolicy,
};

use super::Subject;
use crate::{Finding, Severity};

/// Different warnings that together weigh as much as one danger.
const MANY_WARNINGS: usize = 3;

/// Rates a subject; the reasons come with it, the gravest first.
pub(super) fn rate(subject: &Subject<'_>, findings: &[Finding]) -> (Risk, Vec<String>) {
    let mut reasons: Vec<(Risk, String)> = Vec::new();
    by_findings(findings, &mut reasons);
    by_grants(subject, &mut reasons);
    reasons.sort_by_key(|(risk, _)| std::cmp::Reverse(*risk));
    let risk = reasons.first().map_or(Risk::Low, |(risk, _)| *risk);
    (risk, reasons.into_iter().map(|(_, reason)| reason).collect())
}

fn by_findings(findings: &[Finding], reasons: &mut Vec<(Risk, String)>) {
    let rules = |severity| -> BTreeSet<&str> {
        findings.iter().filter(|finding| finding.severity == severity).map(|finding| finding.rule).collect()
    };
    let list = |rules: &BTreeSet<&str>| rules.iter().copied().collect::<Vec<_>>().join(", ");
    let (errors, dangers, warnings) = (rules(Severity::Error), rules(Severity::Danger), rules(Severity::Warning));
    if !errors.is_empty() {
        reasons.push((Risk::Critical, format!("the code may not run: {}", list(&errors))));
    }
    match dangers.len() {
        0 => {}
        1 => reasons.push((Risk::High, format!("it looks like an attack or a leak: {}", list(&dangers)))),
        _ => {
            reasons.push((Risk::Critical, format!("several things look like an attack or a leak: {}", list(&dangers))))
        }
    }
    match warnings.len() {
        0 => {}
        few if few < MANY_WARNINGS => {
            reasons.push((Risk::Medium, format!("something wants a look: {}", list(&warnings))))
        }
        _ => reasons.push((Risk::High, format!("many things want a look: {}", list(&warnings)))),
    }
}

fn by_grants(subject: &Subject<'_>, reasons: &mut Vec<(Risk, String)>) {
    let Subject { requested, granted, analysis, .. } = subject;
    let used = analysis.capabilities();
    let has_host = requested.iter().chain(*granted).chain(&used).any(|one| matches!(one, Capability::Host(_)));
    let is_used = |key: &str| analysis.secrets.iter().any(|secret| secret.key == key);
    if !requested.is_empty() {
        reasons.push((Risk::Medium, "it gets something new".to_owned()));
    }
    if requested.iter().any(|one| matches!(one, Capability::Package(rule) if rule.network)) {
        reasons.push((Risk::High, "it gets a package that speaks HTTP by itself".to_owned()));
    }
    if subject.secrets.iter().any(|secret| secret.mode == SecretMode::Revealed && is_used(secret.key)) {
        let (risk, what) = if has_host { (Risk::High, " and talks to a host") } else { (Risk::Medium, "") };
        reasons.push((risk, format!("its code sees the value of a secret{what}")));
    }
    if subject.policy == CodePolicy::Standard && has_host {
        let has_secret =
            !analysis.secrets.is_empty() || requested.iter().any(|one| matches!(one, Capability::Secret { .. }));
        let risk = if has_secret { Risk::Critical } else { Risk::High };
        reasons
            .push((risk, "ordinary Python, which hides more than the strict rules let it, talks to a host".to_owned()));
    }
    if let Some(host) = newly_destructive(subject) {
        reasons.push((Risk::High, format!("it newly may delete at {host}")));
    }
}

/// A newly granted host at which the code deletes.
fn newly_destructive(subject: &Subject<'_>) -> Option<HostRule> {
    let deletes = subject.analysis.hosts.iter().filter(|host| host.method.as_deref() == Some("DELETE"));
    let new = |rule: &HostRule| {
        let needed = Capability::Host(HostRule { method: Some("DELETE".to_owned()), ..rule.clone() });
        subject.requested.iter().any(|asked| asked.covers(&needed))
            && !subject.granted.iter().any(|had| had.covers(&needed))
    };
    deletes.map(|host| host.rule.clone()).find(new)
}
