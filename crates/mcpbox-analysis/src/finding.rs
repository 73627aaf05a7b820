//! Findings: what is wrong or worth a look, with its place. Collected by byte offset while walking; lines, columns and
//! snippets are worked out once at the end, for the few that are kept.

use std::collections::HashSet;

use mcpbox_core::server::CodePolicy;
use ruff_text_size::{Ranged, TextSize};
use serde::Serialize;

use crate::source::Source;

/// Findings that are kept; more would help nobody.
const MAX_FINDINGS: usize = 200;
/// Findings that are collected before the walk stops adding.
const MAX_COLLECTED: usize = 2_000;

/// Something wrong or worth a look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// Stable name of the rule, snake case.
    pub rule: &'static str,
    /// What it is about.
    #[serde(skip_serializing_if = "About::is_code")]
    pub about: About,
    /// Line, from 1; 0 when it has none.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// That line's text, cut around the column when it is long.
    pub snippet: String,
    /// What it is, in a sentence.
    pub message: String,
    /// How to mend it.
    pub hint: Option<String>,
}

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// The source.
    Code,
    /// The description that clients show.
    Description,
    /// The tool's name.
    Name,
    /// The schemas, compared to those of the live version.
    Schema,
}

impl About {
    /// Whether it is the source, as nearly always.
    pub fn is_code(&self) -> bool {
        *self == Self::Code
    }
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The code may not run.
    Error,
    /// It looks like an attack or gives something away; it may run.
    Danger,
    /// A reviewer should look; it may run.
    Warning,
    /// Good to know.
    Notice,
}

#[derive(Debug)]
struct Place {
    severity: Severity,
    rule: &'static str,
    offset: TextSize,
    message: String,
    hint: Option<String>,
}

/// Collects findings.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) policy: CodePolicy,
    places: Vec<Place>,
    seen: HashSet<(&'static str, TextSize)>,
    grave: usize,
}

impl Report {
    pub(crate) fn new(policy: CodePolicy) -> Self {
        Self { policy, places: Vec::new(), seen: HashSet::new(), grave: 0 }
    }

    pub(crate) fn is_strict(&self) -> bool {
        self.policy == CodePolicy::Strict
    }

    /// Adds a finding; one per rule and place.
    pub(crate) fn add(&mut self, severity: Severity, rule: &'static str, at: impl Ranged, message: String, hint: &str) {
        let offset = at.range().start();
        // What is grave has room of its own, so that thousands of notices cannot crowd it out.
        let is_grave = severity <= Severity::Danger;
        let taken = if is_grave { self.grave } else { self.places.len() - self.grave };
        let room = taken < MAX_COLLECTED;
        if !room || !self.seen.insert((rule, offset)) {
            return;
        }
        self.grave += usize::from(is_grave);
        let hint = (!hint.is_empty()).then(|| hint.to_owned());
        self.places.push(Place { severity, rule, offset, message, hint });
    }

    pub(crate) fn error(&mut self, rule: &'static str, at: impl Ranged, message: impl Into<String>, hint: &str) {
        self.add(Severity::Error, rule, at, message.into(), hint);
    }

    pub(crate) fn danger(&mut self, rule: &'static str, at: impl Ranged, message: impl Into<String>, hint: &str) {
        self.add(Severity::Danger, rule, at, message.into(), hint);
    }

    pub(crate) fn warning(&mut self, rule: &'static str, at: impl Ranged, message: impl Into<String>, hint: &str) {
        self.add(Severity::Warning, rule, at, message.into(), hint);
    }

    pub(crate) fn notice(&mut self, rule: &'static str, at: impl Ranged, message: impl Into<String>, hint: &str) {
        self.add(Severity::Notice, rule, at, message.into(), hint);
    }

    /// The findings with their places, errors first, then by line.
    pub(crate) fn finish(mut self, source: &Source<'_>) -> Vec<Finding> {
        self.places.sort_by_key(|place| (place.severity, place.offset, place.rule));
        self.places.truncate(MAX_FINDINGS);
        self.places
            .into_iter()
            .map(|place| {
                let (line, column) = source.position(place.offset);
                Finding {
                    severity: place.severity,
                    rule: place.rule,
                    about: About::Code,
                    line,
                    column,
                    snippet: source.snippet(place.offset),
                    message: place.message,
                    hint: place.hint,
                }
            })
            .collect()
    }
}
