//! `mcpbox export` and `mcpbox import`.

use std::{fs::OpenOptions, io::Write, os::unix::fs::OpenOptionsExt};

use anyhow::Context;
use serde_json::{Value, json};

use super::{cell, print_json, text};
use crate::{
    cli::{ExportArgs, ImportArgs},
    console::print_line,
    control::Control,
    password::ask_login,
};

/// Writes an export.
///
/// # Errors
/// In a sentence.
pub(crate) async fn export(control: &Control, args: ExportArgs) -> anyhow::Result<()> {
    let exported = control.get("/export").await?;
    let Some(path) = args.file else {
        print_json(&exported);
        return Ok(());
    };
    let write = || -> std::io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        file.write_all(format!("{exported:#}\n").as_bytes())?;
        file.sync_all()
    };
    write().with_context(|| format!("cannot write {}; choose a name that is free", path.display()))?;
    let servers = list(&exported, "servers");
    let tools: usize = servers.iter().map(|server| list(server, "tools").len()).sum();
    print_line(&format!("{}: {} servers, {tools} tools, no values of secrets.", path.display(), servers.len()));
    Ok(())
}

/// Imports a file and tells what came of each tool.
///
/// # Errors
/// In a sentence; nothing was imported then.
pub(crate) async fn import(control: &Control, args: ImportArgs) -> anyhow::Result<()> {
    let shown = args.file.display();
    let bytes = std::fs::read(&args.file).with_context(|| format!("cannot read {shown}"))?;
    let document = String::from_utf8(bytes).with_context(|| format!("{shown} is not text; exports are JSON"))?;
    let login = ask_login(&args.credentials)?;
    let on_conflict = if args.rename { "rename" } else { "skip" };
    let options = json!({"dry_run": args.dry_run, "on_conflict": on_conflict, "drafts_only": args.drafts_only});
    let report = control.post("/import", json!({"document": document, "options": options}), Some(&login)).await?;
    if args.json {
        print_json(&report);
    } else {
        show(&report);
    }
    Ok(())
}

fn show(report: &Value) {
    print_line(&format!("From {}:", text(report, "source")));
    notes(report, "  ");
    for server in list(report, "servers") {
        let name = server.get("server").and_then(Value::as_str).unwrap_or_else(|| text(server, "name"));
        print_line(name);
        notes(server, "  ");
        for tool in list(server, "tools") {
            let name = tool.get("tool").and_then(Value::as_str).unwrap_or_else(|| text(tool, "name"));
            print_line(&format!("  {name}: {}", text(tool, "fate").replace('_', " ")));
            for request in list(tool, "requests") {
                print_line(&format!("    asks for {}", request.as_str().unwrap_or_default()));
            }
            notes(tool, "    ");
        }
    }
    let is_trial = report.get("dry_run").and_then(Value::as_bool) == Some(true);
    let done = if is_trial { "would be imported (this was a trial)" } else { "imported, none of them approved" };
    print_line(&format!("{} tools {done}, {} left out.", cell(report, "imported"), cell(report, "skipped")));
}

fn notes(of: &Value, indent: &str) {
    for note in list(of, "notes") {
        print_line(&format!("{indent}- {}", note.as_str().unwrap_or_default()));
    }
}

fn list<'a>(of: &'a Value, field: &str) -> &'a [Value] {
    of.get(field).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}
