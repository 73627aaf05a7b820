//! `mcpbox import-openapi`.

use anyhow::{Context, bail};
use serde_json::{Value, json};

use super::{cell, print_json, print_rows, text};
use crate::{cli::ImportOpenApiArgs, console::print_line, control::Control};

/// Makes drafts of the operations of a document, or lists them.
///
/// # Errors
/// In a sentence; nothing was imported then.
pub(crate) async fn import(control: &Control, args: ImportOpenApiArgs) -> anyhow::Result<()> {
    let shown = args.file.display();
    let bytes = std::fs::read(&args.file).with_context(|| format!("cannot read {shown}"))?;
    let document = String::from_utf8(bytes).with_context(|| format!("{shown} is not text in UTF-8"))?;
    let needs_look = args.list || args.operations.is_empty();
    let look = if needs_look {
        control.post("/openapi/look", json!({"document": document}), None).await?
    } else {
        Value::Null
    };
    if args.list {
        show_look(&look, args.json);
        return Ok(());
    }
    let operations = if needs_look { usable(&look)? } else { args.operations };
    let body = json!({"document": document, "server": args.server, "base_url": args.base_url,
                      "operations": operations, "dry_run": args.dry_run});
    let report = control.post("/openapi/import", body, None).await?;
    if args.json {
        print_json(&report);
    } else {
        show(&report);
    }
    Ok(())
}

/// Every operation that can be a tool.
fn usable(look: &Value) -> anyhow::Result<Vec<String>> {
    let is_usable = |operation: &&Value| operation.get("refused").is_none_or(Value::is_null);
    let found: Vec<String> =
        list(look, "operations").iter().filter(is_usable).map(|one| text(one, "id").to_owned()).collect();
    if found.is_empty() {
        bail!("no operation of the document can be a tool; --list says why");
    }
    Ok(found)
}

fn show_look(look: &Value, as_json: bool) {
    if as_json {
        print_json(look);
        return;
    }
    print_line(&format!("{} {}", text(look, "title"), text(look, "version")));
    for server in list(look, "servers") {
        print_line(&format!("  at {}", text(server, "url")));
    }
    for problem in list(look, "problems") {
        print_line(&format!("  - {}: {}", text(problem, "at"), text(problem, "message")));
    }
    let row = |operation: &Value| {
        let refused = text(operation, "refused");
        let about = if refused.is_empty() { cell(operation, "summary") } else { format!("no tool: {refused}") };
        vec![cell(operation, "id"), cell(operation, "method"), cell(operation, "path"), about]
    };
    let rows: Vec<Vec<String>> = list(look, "operations").iter().map(row).collect();
    print_rows(&["OPERATION", "METHOD", "PATH", "SUMMARY"], &rows);
}

fn show(report: &Value) {
    let is_trial = report.get("dry_run").and_then(Value::as_bool) == Some(true);
    print_line(&format!("{}, calling {}:", text(report, "server"), text(report, "base_url")));
    notes(report, "  ");
    for secret in list(report, "secrets") {
        print_line(&format!("  secret {}: {}", text(secret, "key"), text(secret, "description")));
    }
    for tool in list(report, "tools") {
        print_line(&format!("  {} from {}", text(tool, "tool"), text(tool, "operation")));
        for request in list(tool, "requests") {
            print_line(&format!("    needs {}", request.as_str().unwrap_or_default()));
        }
        for finding in list(tool, "findings") {
            print_line(&format!(
                "    {} in line {}: {}",
                text(finding, "severity"),
                cell(finding, "line"),
                text(finding, "message")
            ));
        }
        notes(tool, "    ");
        if is_trial {
            print_line("");
            text(tool, "code").lines().for_each(|line| print_line(&format!("    {line}")));
            print_line("");
        }
    }
    let count = list(report, "tools").len();
    let done = if is_trial {
        "would be drafted (this was a trial)."
    } else {
        "drafted, none of them approved: test them, then request their publication."
    };
    print_line(&format!("{count} tools {done}"));
}

fn notes(of: &Value, indent: &str) {
    for note in list(of, "notes") {
        print_line(&format!("{indent}- {}", note.as_str().unwrap_or_default()));
    }
}

fn list<'a>(of: &'a Value, field: &str) -> &'a [Value] {
    of.get(field).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}
