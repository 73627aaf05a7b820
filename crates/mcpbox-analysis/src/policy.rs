//! The language rules of the strict policy, and what reviewers should see of them under the standard policy. A rule
//! states a fact about the code; the policy decides whether it is an error. These rules are a fence, not the wall.

pub(crate) mod attributes;
pub(crate) mod classes;
pub(crate) mod formats;
pub(crate) mod names;
pub(crate) mod patterns;
pub(crate) mod strings;

use ruff_text_size::Ranged;

use crate::{Severity, finding::Report};

/// How much a broken rule says under the standard policy, where it forbids nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weight {
    /// Everyday Python there.
    Ordinary,
    /// Worth a reviewer's look even there.
    Telling,
}

/// Rules about text that becomes code, and about ways into the interpreter.
const DYNAMIC: &[&str] = &[
    "annotation_text",
    "dunder_attribute",
    "dunder_name",
    "forbidden_builtin",
    "forbidden_function",
    "internal_attribute",
    "module_leak",
];

/// Reports a broken rule as the policy has it.
pub(crate) fn broken(
    report: &mut Report,
    weight: Weight,
    rule: &'static str,
    at: impl Ranged,
    message: String,
    hint: &str,
) {
    if report.is_strict() {
        report.error(rule, at, message, hint);
    } else if weight == Weight::Telling {
        // Ordinary Python allows it; few tools need it.
        let severity = if DYNAMIC.contains(&rule) { Severity::Danger } else { Severity::Warning };
        report.add(severity, rule, at, message, hint);
    }
}
