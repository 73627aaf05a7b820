//! The description as clients show it: what nobody sees in it, and what gives orders.

use super::{Subject, finding};
use crate::{
    Finding, Severity,
    finding::About,
    risk::words::{self, Place},
    unicode,
};

/// Checks the description; one that is the docstring's was judged there, with its line.
pub(super) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    for (text, line) in offered(subject) {
        check_offered(text, line, findings);
    }
    let text = subject.description;
    if let Some((what, character, at)) = unicode::first_unseen(text) {
        let message = format!("the description holds {what} (U+{:04X})", u32::from(character));
        push(Severity::Danger, "invisible_character", message, "Leave it out.", at, text, findings);
    }
    if unicode::has_mixed_word(text) {
        let message = "a word of the description mixes Latin letters with others that only look like them";
        push(
            Severity::Warning,
            "lookalike_text",
            message.to_owned(),
            "Write words with letters of one script.",
            0,
            text,
            findings,
        );
    }
    if subject.analysis.description.as_deref().is_some_and(|known| known.trim() == text.trim()) {
        return;
    }
    if let Some((severity, at)) = words::find(text, Place::Description) {
        let (message, hint) = words::sentence();
        push(severity, "instructs_model", message.to_owned(), hint, at, text, findings);
    }
}

/// What clients show of prompts and resources, with the line of the function.
fn offered<'s>(subject: &Subject<'s>) -> impl Iterator<Item = (&'s str, u32)> {
    let prompts = subject.analysis.prompts.iter();
    let prompts = prompts.map(|prompt| (prompt.line, &prompt.title, &prompt.description, &prompt.parameters));
    let resources = subject.analysis.resources.iter();
    let resources =
        resources.map(|resource| (resource.line, &resource.title, &resource.description, &resource.parameters));
    prompts.chain(resources).flat_map(|(line, title, description, parameters)| {
        let parameters = parameters.iter().filter_map(|parameter| parameter.description.as_deref());
        let own = [title.as_deref(), description.as_deref()].into_iter().flatten();
        own.chain(parameters).map(move |text| (text, line))
    })
}

/// Judges such a text by what it says, however it was written in the code.
fn check_offered(text: &str, line: u32, findings: &mut Vec<Finding>) {
    let mut found = Vec::new();
    if let Some((what, character, _)) = unicode::first_unseen(text) {
        let message = format!("a text of a prompt or resource holds {what} (U+{:04X})", u32::from(character));
        found.push((Severity::Danger, "invisible_character", message, "Leave it out."));
    }
    if unicode::has_mixed_word(text) {
        let message = "a word of a prompt or resource mixes Latin letters with others that only look like them";
        found.push((
            Severity::Warning,
            "lookalike_text",
            message.to_owned(),
            "Write words with letters of one script.",
        ));
    }
    if let Some((severity, _)) = words::find(text, Place::Description) {
        let (message, hint) = words::sentence();
        found.push((severity, "instructs_model", message.to_owned(), hint));
    }
    findings.extend(found.into_iter().map(|(severity, rule, message, hint)| {
        let snippet = text.lines().next().unwrap_or_default().chars().take(120).collect();
        Finding { line, column: 1, snippet, ..finding(severity, rule, About::Code, message, hint) }
    }));
}

fn push(
    severity: Severity,
    rule: &'static str,
    message: String,
    hint: &str,
    at: usize,
    text: &str,
    findings: &mut Vec<Finding>,
) {
    let before = text.get(..at).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let snippet: String =
        text.get(at..).unwrap_or_default().lines().next().unwrap_or_default().chars().take(120).collect();
    let base = finding(severity, rule, About::Description, message, hint);
    findings.push(Finding { line: number(line), column: number(column), snippet, ..base });
}
