//! Names that pass for others: a caller who means one tool must not get another.

use mcpbox_core::name::RESERVED_PREFIX;

use super::{Subject, finding};
use crate::{Finding, Severity, finding::About, hosts::known::is_one_slip};

const RULE: &str = "shadowed_tool";
const HINT: &str = "Call it by what it does, in words that no other tool has.";

/// Checks the tool's name.
pub(super) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    for prompt in &subject.analysis.prompts {
        if prompt.name.replace('_', "").starts_with(RESERVED_PREFIX) {
            let message = format!("the prompt `{}` passes for a part of MCPbox itself", prompt.name);
            findings.push(Finding { line: prompt.line, ..finding(Severity::Danger, RULE, About::Code, message, HINT) });
        }
    }
    let name = subject.name;
    if name.replace('_', "").starts_with(RESERVED_PREFIX) {
        let message = format!("`{name}` passes for a management tool of MCPbox");
        findings.push(finding(Severity::Danger, RULE, About::Name, message, HINT));
        return;
    }
    let bare = |other: &str| other.rsplit("__").next().unwrap_or_default().to_owned();
    let like = subject.others.iter().map(|other| (other.name, bare(other.name)));
    let mut like: Vec<(Severity, &str)> = like
        .filter_map(|(full, other)| {
            let severity = if other == name { Severity::Notice } else { Severity::Warning };
            (other == name || is_alike(name, &other)).then_some((severity, full))
        })
        .collect();
    like.sort();
    if let Some((severity, other)) = like.first() {
        let message = match severity {
            Severity::Notice => format!("{other} has the same name in another server; callers must name the server"),
            _ => format!("`{name}` is easily taken for {other}"),
        };
        findings.push(finding(*severity, RULE, About::Name, message, HINT));
    }
}

/// Whether two different names are one slip apart; a plural is another word.
fn is_alike(name: &str, other: &str) -> bool {
    if name.len() < 6 || other.len() < 6 {
        return false;
    }
    let is_plural = name.strip_suffix('s') == Some(other) || other.strip_suffix('s') == Some(name);
    let (left, right) = (drawn(name), drawn(other));
    !is_plural && (left == right || is_one_slip(name, other))
}

/// A name as it is drawn: without what is easily overlooked.
fn drawn(name: &str) -> String {
    let shown = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_').replace('_', "");
    shown
        .chars()
        .map(|c| match c {
            '0' => 'o',
            '1' => 'l',
            c => c,
        })
        .collect()
}
