//! `mcpbox review`: what waits for a human, and the decision. A decision always names the hash of what was shown.

use anyhow::{Context, bail};
use serde_json::{Value, json};

use super::{cell, items, print_json, print_rows, print_text, review_evidence, review_packages, segment, text};
use crate::{
    cli::{ApproveArgs, DecisionArgs, ReviewCommand},
    console::print_line,
    control::Control,
    password::ask_login,
};

/// Runs the command.
///
/// # Errors
/// In a sentence.
pub(crate) async fn run(control: &Control, command: ReviewCommand) -> anyhow::Result<()> {
    match command {
        ReviewCommand::List { json } => list(control, json).await,
        ReviewCommand::Show { id, json } => {
            let detail = control.get(&format!("/reviews/{}", segment(&id))).await?;
            if json {
                print_json(&detail)
            } else {
                print_text(&shown(&detail))
            }
            Ok(())
        }
        ReviewCommand::Approve(args) => approve(control, args).await,
        ReviewCommand::Reject(args) => decide(control, args, "reject", |_| Ok(json!({}))).await,
        ReviewCommand::Revoke { id, comment, credentials } => {
            review_evidence::revoke(control, &id, &comment, &credentials).await
        }
        ReviewCommand::Resolve { id, credentials } => {
            let login = ask_login(&credentials)?;
            control.post(&format!("/reviews/{}/resolve", segment(&id)), json!({}), Some(&login)).await?;
            print_line("The packages are being resolved.\n\nNext: mcpbox review show ID");
            Ok(())
        }
    }
}

const COLUMNS: [&str; 6] = ["id", "server", "tool", "version", "content_hash", "risk"];

async fn list(control: &Control, json: bool) -> anyhow::Result<()> {
    let page = control.get("/reviews?state=open&page_size=100").await?;
    if json {
        let row = |item: &Value| {
            COLUMNS.iter().map(|name| ((*name).to_owned(), item.get(name).cloned().unwrap_or_default())).collect()
        };
        print_json(&Value::Array(items(&page).iter().map(|item| Value::Object(row(item))).collect()));
        return Ok(());
    }
    if items(&page).is_empty() {
        print_line("Nothing waits for a decision.");
        return Ok(());
    }
    let rows: Vec<_> = items(&page)
        .iter()
        .map(|item| {
            vec![
                cell(item, "id"),
                cell(item, "tool"),
                format!("v{}", cell(item, "version")),
                cell(item, "risk"),
                granted(item.get("requested")),
            ]
        })
        .collect();
    print_rows(&["ID", "TOOL", "VERSION", "RISK", "ASKS FOR"], &rows);
    print_line("\nNext: mcpbox review show ID");
    Ok(())
}

async fn approve(control: &Control, args: ApproveArgs) -> anyhow::Result<()> {
    let ApproveArgs { decision, acknowledge, tool_name, refuse } = args;
    let more = |detail: &Value| {
        let refused = refuse.iter().map(|refusal| refusal_of(refusal, detail)).collect::<anyhow::Result<Vec<_>>>()?;
        Ok(json!({"acknowledged": acknowledge, "tool_name": tool_name, "refused": refused}))
    };
    decide(control, decision, "approve", more).await
}

/// `host x.example=unknown host` as the API wants it.
fn refusal_of(text: &str, detail: &Value) -> anyhow::Result<Value> {
    let (what, why) = text.split_once('=').context("say what to refuse and why: --refuse 'host x.example=WHY'")?;
    let mut new = detail.pointer("/grants/new").and_then(Value::as_array).into_iter().flatten();
    let is_it = |grant: &&Value| grant.get("words").and_then(Value::as_str) == Some(what.trim());
    let capability = new.find(is_it).and_then(|grant| grant.get("capability"));
    let capability = capability.with_context(|| format!("this review does not ask for '{}'", what.trim()))?;
    Ok(json!({"capability": capability, "reason": why.trim()}))
}

/// `more` gives what the body carries besides hash and comment, from the review as it is shown.
async fn decide(
    control: &Control,
    args: DecisionArgs,
    verb: &str,
    more: impl FnOnce(&Value) -> anyhow::Result<Value>,
) -> anyhow::Result<()> {
    let path = format!("/reviews/{}", segment(&args.id));
    let detail = control.get(&path).await?;
    let current = detail.pointer("/review/content_hash").and_then(Value::as_str).context("the review has no hash")?;
    if let Some(named) = &args.hash
        && named != current
    {
        bail!(
            "what this review asks for has changed: it is {current} now, not {named}; look at it again with `mcpbox review show {}`",
            args.id
        );
    }
    if !args.json {
        print_text(&shown(&detail));
    }
    let mut body = more(&detail)?;
    let login = ask_login(&args.credentials)?;
    if let Some(body) = body.as_object_mut() {
        body.insert("content_hash".to_owned(), json!(current));
        body.insert("comment".to_owned(), json!(args.comment));
    }
    let decision = control.post(&format!("{path}/{verb}"), body, Some(&login)).await?;
    if args.json {
        print_json(&decision);
        return Ok(());
    }
    print_outcome(&decision);
    Ok(())
}

/// What became of the review, and what is left to do.
fn print_outcome(decision: &Value) {
    let state = decision.pointer("/review/state").and_then(Value::as_str).unwrap_or_default();
    print_line(&format!("\n{} v{} is {state}.", text(decision, "tool"), cell(decision, "version")));
    for remark in decision.get("remarks").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        print_line(&format!("  {remark}"));
    }
}

/// A review as a person reads it: consequence first, then permissions, code, findings, evidence.
fn shown(detail: &Value) -> String {
    let part = |pointer: &str| detail.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let number = detail.pointer("/version/number").map(Value::to_string).unwrap_or_default();
    let mut out = vec![
        format!("{}  v{number}  ({} risk)", part("/name"), part("/review/risk")),
        format!("review  {}", part("/review/id")),
        format!("hash    {}", part("/review/content_hash")),
        String::new(),
        visible(part("/newly/sentence")),
        visible(part("/consequence")),
    ];
    out.extend(
        detail.pointer("/identical_to/sentence").and_then(Value::as_str).map(|same| format!("The code is {same}.")),
    );
    section(&mut out, "The author says", part("/review/notes").lines().map(visible).collect());
    section(&mut out, "Newly allowed", capabilities(detail.pointer("/review/requested")));
    section(&mut out, "Packages that would be installed", review_packages::lines(detail.get("packages")));
    section(&mut out, "Description", change(detail, "/description_diff/unified", "/description_marked"));
    let code =
        if detail.get("code_marked").is_some_and(Value::is_string) { "/code_marked" } else { "/version/content/code" };
    section(&mut out, "Code (- now, + after approval)", change(detail, "/code_diff/unified", code));
    section(&mut out, "Why this risk", list_of(detail, "reasons").filter_map(Value::as_str).map(visible).collect());
    section(&mut out, "Look at", list_of(detail, "findings").map(review_evidence::finding).collect());
    section(&mut out, "Tried in quarantine", list_of(detail, "evidence").flat_map(review_evidence::run).collect());
    section(&mut out, "Examples of the live version, repeated", review_evidence::regression(detail.get("regression")));
    section(&mut out, "Approving wants", wanted(detail));
    out.join("\n") + "\n"
}

/// What an approval must carry, as it is typed.
fn wanted(detail: &Value) -> Vec<String> {
    let ids = detail.pointer("/approval_needs/acknowledge").and_then(Value::as_array).into_iter().flatten();
    let ids = ids.filter_map(Value::as_str).map(|id| visible(&format!("--acknowledge {id}")));
    let name = detail.pointer("/approval_needs/tool_name").and_then(Value::as_str);
    ids.chain(name.map(|name| format!("--tool-name {name}"))).collect()
}

fn section(out: &mut Vec<String>, title: &str, lines: Vec<String>) {
    if !lines.is_empty() {
        out.push(format!("\n{title}"));
        out.extend(lines.into_iter().map(|line| format!("  {line}")));
    }
}

pub(super) fn list_of<'a>(value: &'a Value, field: &str) -> impl Iterator<Item = &'a Value> {
    value.get(field).and_then(Value::as_array).into_iter().flatten()
}

/// The diff, and the marked text when it holds characters that cannot be seen.
fn change(detail: &Value, diff: &str, marked: &str) -> Vec<String> {
    let unified = detail.pointer(diff).and_then(Value::as_str).unwrap_or_default();
    let marked = detail.pointer(marked).and_then(Value::as_str).unwrap_or_default();
    let mut lines: Vec<String> = unified.lines().map(visible).collect();
    if marked.contains("<U+") {
        lines.push("It holds invisible characters; with them written out:".to_owned());
        lines.extend(marked.lines().map(visible));
    }
    lines
}

/// Without control characters, which could hide or rewrite lines on a terminal.
pub(super) fn visible(line: &str) -> String {
    let is_sly = |c: char| {
        (c.is_control() && c != '\t')
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    line.chars().map(|c| if is_sly(c) { format!("<U+{:04X}>", u32::from(c)) } else { c.to_string() }).collect()
}

fn granted(requested: Option<&Value>) -> String {
    let words = capabilities(requested);
    if words.is_empty() { "-".to_owned() } else { words.join(", ") }
}

/// Capabilities in words, given as words or as `{kind, …}`.
fn capabilities(requested: Option<&Value>) -> Vec<String> {
    let word = |item: &Value| match item {
        Value::String(text) => visible(text),
        item => {
            let parsed = serde_json::from_value::<mcpbox_core::capability::Capability>(item.clone());
            visible(&parsed.map_or_else(|_| item.to_string(), |capability| capability.to_string()))
        }
    };
    requested.and_then(Value::as_array).into_iter().flatten().map(word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_review_shows_consequence_permissions_code_and_evidence() {
        let detail = json!({
            "review": {"id": "R", "content_hash": "H", "risk": "high", "notes": "n\u{1b}[1m",
                "requested": [{"kind": "host", "host": "10.0.0.7", "port": 80}]},
            "name": "a__b", "version": {"number": 2, "content": {"code": "x"}},
            "consequence": "a__b may reach 10.0.0.7.",
            "code_diff": {"unified": "-old\n+new \u{1b}[2Kevil\u{202e}\n"},
            "description_diff": {"unified": "+d\n"}, "description_marked": "d<U+200B>",
            "newly": {"sentence": "If you approve, this tool can newly: reach `10.0.0.7:80`"},
            "reasons": ["it gets something new"],
            "approval_needs": {"acknowledge": ["dunder:3"], "tool_name": "a__b"},
            "findings": [{"id": "dunder:3", "line": 3, "message": "reads a dunder", "severity": "warning"},
                {"id": "untried:0", "line": null, "message": "no test tried x.example", "severity": "notice"}],
            "regression": {"state": "changed", "comparisons": [{"arguments": {"a": 1}, "verdict": "changed",
                "differences": [{"part": "result", "before": "3", "after": "4"}]}]},
            "evidence": [{"started_at": "T", "failure": {"kind": "host_denied", "message": "m"},
                "observed": {"hosts": [{"method": "GET", "host": "10.0.0.7", "port": 80, "outcome": "denied", "detail": "not granted"}]}}],
            "identical_to": {"sentence": "identical to v1, approved on 2026-01-02 by ada"},
        });
        insta::assert_snapshot!(shown(&detail));
    }
}
