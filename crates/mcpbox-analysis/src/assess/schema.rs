//! Changes that break callers of the live version: conversations hold the old schema until they reconnect.

use serde_json::{Map, Value};

use super::{Subject, finding};
use crate::{Finding, Severity, finding::About};

/// Properties within properties.
const MAX_DEPTH: usize = 8;
/// Changes that are named.
const MAX_CHANGES: usize = 8;

/// Compares the schemas with those of the live version.
pub(super) fn check(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    let Some(live) = subject.live else { return };
    let mut changes = Vec::new();
    let input = Pair { before: live.input, after: &subject.analysis.input_schema };
    input.compare("arguments", Direction::Taken, MAX_DEPTH, &mut changes);
    match (live.output, &subject.analysis.output_schema) {
        (Some(before), Some(after)) => {
            Pair { before, after }.compare("result", Direction::Given, MAX_DEPTH, &mut changes);
        }
        (Some(_), None) => changes.push("result: it no longer has a schema".to_owned()),
        (None, _) => {}
    }
    changes.truncate(MAX_CHANGES);
    for change in changes {
        let message = format!("this breaks callers of the live version: {change}");
        let hint = "Keep old parameters, give new ones a default, or publish it as a new tool.";
        findings.push(finding(Severity::Warning, "breaking_schema", About::Schema, message, hint));
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    /// Callers write it: taking less breaks them.
    Taken,
    /// Callers read it: giving less breaks them.
    Given,
}

#[derive(Clone, Copy)]
struct Pair<'a> {
    before: &'a Value,
    after: &'a Value,
}

impl Pair<'_> {
    fn compare(self, path: &str, direction: Direction, depth: usize, changes: &mut Vec<String>) {
        if depth == 0 || changes.len() >= MAX_CHANGES || self.before == self.after {
            return;
        }
        self.compare_types(path, direction, changes);
        self.compare_choices(path, direction, changes);
        let (before, after) = (properties(self.before), properties(self.after));
        let empty = Map::new();
        let (old, new) = (before.unwrap_or(&empty), after.unwrap_or(&empty));
        for (name, value) in old {
            match new.get(name) {
                Some(now) => {
                    let inner = Pair { before: value, after: now };
                    inner.compare(&format!("{path}.{name}"), direction, depth - 1, changes);
                }
                None => changes.push(format!("{path}.{name} is gone")),
            }
        }
        let requires = |schema: &Value, name: &str| {
            schema.get("required").and_then(Value::as_array).is_some_and(|all| all.iter().any(|known| known == name))
        };
        for name in new.keys() {
            let (was, is) = (requires(self.before, name), requires(self.after, name));
            match direction {
                Direction::Taken if is && !was => changes.push(format!("{path}.{name} is newly required")),
                Direction::Given if was && !is => changes.push(format!("{path}.{name} may now be absent")),
                _ => {}
            }
        }
        if let (Some(before), Some(after)) = (self.before.get("items"), self.after.get("items")) {
            Pair { before, after }.compare(&format!("{path}[]"), direction, depth - 1, changes);
        }
    }

    fn compare_types(self, path: &str, direction: Direction, changes: &mut Vec<String>) {
        let (Some(before), Some(after)) = (types(self.before), types(self.after)) else { return };
        let (narrow, wide) = if direction == Direction::Taken { (&before, &after) } else { (&after, &before) };
        let fits = |kind: &&str| wide.contains(kind) || (*kind == "integer" && wide.contains(&"number"));
        if !narrow.iter().all(fits) {
            changes.push(format!("{path} was {} and is {}", before.join(" or "), after.join(" or ")));
        }
    }

    fn compare_choices(self, path: &str, direction: Direction, changes: &mut Vec<String>) {
        let choices = |schema: &Value| schema.get("enum").and_then(Value::as_array).cloned();
        let (before, after) = (choices(self.before), choices(self.after));
        let (narrow, wide) = if direction == Direction::Taken { (before, after) } else { (after, before) };
        match (narrow, wide) {
            (Some(narrow), Some(wide)) => {
                let lost: Vec<String> =
                    narrow.iter().filter(|value| !wide.contains(value)).map(Value::to_string).collect();
                if !lost.is_empty() {
                    let what = if direction == Direction::Taken { "no longer takes" } else { "may now be" };
                    changes.push(format!("{path} {what} {}", lost.join(", ")));
                }
            }
            (None, Some(_)) if direction == Direction::Taken => {
                changes.push(format!("{path} takes only some values now"))
            }
            _ => {}
        }
    }
}

fn properties(schema: &Value) -> Option<&Map<String, Value>> {
    schema.get("properties").and_then(Value::as_object)
}

/// The types that a schema names, `anyOf` included; none when it names none.
fn types(schema: &Value) -> Option<Vec<&str>> {
    let mut found: Vec<&str> = Vec::new();
    match schema.get("type") {
        Some(Value::String(one)) => found.push(one),
        Some(Value::Array(several)) => found.extend(several.iter().filter_map(Value::as_str)),
        _ => {
            for branch in schema.get("anyOf").and_then(Value::as_array)? {
                found.push(branch.get("type").and_then(Value::as_str)?);
            }
        }
    }
    (!found.is_empty()).then_some(found)
}
