//! The language rules of the strict policy: every known way around them is refused, by the analysis or at run time, with the line.

use std::sync::Arc;

use mcpbox_analysis::{Analysis, Severity, analyze};
use mcpbox_core::{
    execute::{Executor, Unobserved},
    server::CodePolicy,
};
use mcpbox_sandbox::Layers;
use serde_json::Map;

use crate::{program, suite};

struct Trick {
    name: String,
    refused: Refused,
    code: String,
}

enum Refused {
    /// By this rule of the analysis at this line.
    Before(String, u32),
    /// By a failure with this in its kind or text, at this line.
    Running(String, Option<u32>),
}

impl Trick {
    fn parse(block: &str) -> Self {
        let (name, rest) = block.split_once('\n').unwrap();
        let (refused, code) = rest.split_once('\n').unwrap();
        let refused = refused.strip_prefix("refused: ").unwrap();
        let (what, line) =
            refused.rsplit_once(" at ").map_or((refused, None), |(what, line)| (what, line.parse().ok()));
        let refused = match what.strip_prefix("running, ") {
            Some(text) => Refused::Running(text.to_owned(), line),
            None => Refused::Before(what.to_owned(), line.unwrap()),
        };
        Self { name: name.to_owned(), refused, code: format!("{}\n", code.trim_end()) }
    }
}

fn tricks() -> Vec<Trick> {
    program::read("strict.txt").split("\n== ").skip(1).map(Trick::parse).collect()
}

/// (rule, line) of everything for which the code would not run.
fn refusals(analysis: &Analysis) -> Vec<(String, u32)> {
    let errors = analysis.findings.iter().filter(|finding| finding.severity == Severity::Error);
    errors.map(|finding| (finding.rule.to_owned(), finding.line)).collect()
}

/// A value for `main(value: …)`.
fn arguments(code: &str) -> Map<String, serde_json::Value> {
    let takes_value = code.contains("def main(value");
    takes_value.then(|| ("value".to_owned(), serde_json::Value::from("x"))).into_iter().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_known_trick_is_refused_at_its_line() {
    let sandbox = suite::sandbox(Layers::ALL).await;
    let tricks = tricks();
    let mut wrong = Vec::new();
    for Trick { name, refused, code } in &tricks {
        let found = refusals(&analyze(code, CodePolicy::Strict));
        match refused {
            Refused::Before(rule, line) if found.contains(&(rule.clone(), *line)) => {}
            Refused::Before(rule, line) => wrong.push(format!("{name}: expected {rule} at {line}, found {found:?}")),
            Refused::Running(text, line) => {
                let outcome = sandbox
                    .execute(suite::execution(code, CodePolicy::Strict, arguments(code)), Arc::new(Unobserved))
                    .await;
                let is_as_said = |failure: &mcpbox_core::failure::Failure| {
                    failure.to_string().contains(text.as_str()) && (line.is_none() || failure.line == *line)
                };
                if !outcome.result.as_ref().is_err_and(is_as_said) || !found.is_empty() {
                    wrong.push(format!("{name}: expected {text} at {line:?}, got {:?} {found:?}", outcome.result));
                }
            }
        }
    }
    sandbox.shutdown(std::time::Duration::from_secs(1)).await;
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), tricks.len(), wrong.join("\n"));
    assert!(tricks.len() > 100, "{}", tricks.len());
}

/// The rules are there for code that does something: each trick must be real Python that gets somewhere, or dies of the rule alone.
#[tokio::test(flavor = "multi_thread")]
async fn without_the_rules_the_tricks_are_real() {
    let sandbox = suite::sandbox(Layers::ALL).await;
    let mut dead = Vec::new();
    let tricks = tricks();
    for trick in &tricks {
        let mut run = suite::execution(&trick.code, CodePolicy::Standard, Map::new());
        run.limits.timeout_ms = 10_000;
        let outcome = sandbox.execute(run, Arc::new(Unobserved)).await;
        if let Err(failure) = outcome.result {
            dead.push(format!("{}: {failure}", trick.name));
        }
    }
    sandbox.shutdown(std::time::Duration::from_secs(1)).await;
    eprintln!("{}", dead.join("\n"));
    assert!(dead.len() * 4 < tricks.len(), "{} of {} do nothing:\n{}", dead.len(), tricks.len(), dead.join("\n"));
}
