//! What a review shows of tests, in words, and taking an approval back.

use serde_json::{Value, json};

use super::{
    cell,
    review::{list_of, visible},
    segment, text,
};
use crate::{cli::Credentials, console::print_line, control::Control, password::ask_login};

/// Takes an approval back.
///
/// # Errors
/// In a sentence.
pub(super) async fn revoke(
    control: &Control,
    id: &str,
    comment: &str,
    credentials: &Credentials,
) -> anyhow::Result<()> {
    let login = ask_login(credentials)?;
    let path = format!("/reviews/{}/revoke", segment(id));
    let taken = control.post(&path, json!({"comment": comment}), Some(&login)).await?;
    let now = match taken.get("live_version").and_then(Value::as_u64) {
        Some(version) => format!("calls run version {version} again"),
        None => "nothing of it is published".to_owned(),
    };
    print_line(&format!("The approval of {} v{} is taken back; {now}.", text(&taken, "tool"), cell(&taken, "version")));
    for remark in list_of(&taken, "remarks").filter_map(Value::as_str) {
        print_line(&format!("  {}", visible(remark)));
    }
    Ok(())
}

/// A finding, with its line when it has one, and the id by which a decision names it.
pub(super) fn finding(finding: &Value) -> String {
    let place = finding.get("line").and_then(Value::as_u64).map_or_else(String::new, |line| format!("line {line}: "));
    visible(&format!("{place}{} ({}) [{}]", text(finding, "message"), text(finding, "severity"), text(finding, "id")))
}

/// One test run: how it ended, and every host it tried.
pub(super) fn run(run: &Value) -> Vec<String> {
    let ended = match run.get("failure") {
        Some(failure) if failure.is_object() => {
            format!("failed: {}: {}", text(failure, "kind"), text(failure, "message"))
        }
        _ => "returned".to_owned(),
    };
    let hosts = run.pointer("/observed/hosts").and_then(Value::as_array).into_iter().flatten();
    let host = |attempt: &Value| {
        let (method, host, port) = (text(attempt, "method"), text(attempt, "host"), cell(attempt, "port"));
        visible(&format!("  {method} {host}:{port} {}: {}", text(attempt, "outcome"), text(attempt, "detail")))
    };
    std::iter::once(visible(&format!("{}: {ended}", cell(run, "started_at")))).chain(hosts.map(host)).collect()
}

/// How the examples of the live version compare.
pub(super) fn regression(report: Option<&Value>) -> Vec<String> {
    let Some(report) = report.filter(|report| report.is_object()) else { return Vec::new() };
    let comparison = |comparison: &Value| {
        let head = visible(&format!("{}: {}", cell(comparison, "arguments"), text(comparison, "verdict")));
        let differences: Vec<String> = list_of(comparison, "differences")
            .map(|differs| {
                visible(&format!(
                    "  {}: {} -> {}",
                    text(differs, "part"),
                    text(differs, "before"),
                    text(differs, "after")
                ))
            })
            .collect();
        std::iter::once(head).chain(differences)
    };
    let all = list_of(report, "comparisons").flat_map(comparison);
    std::iter::once(format!("in all: {}", text(report, "state"))).chain(all).collect()
}
