//! `mcpbox tools`: list, call, look at runs.

use anyhow::{Context, bail};
use serde_json::{Value, json};

use super::{cell, items, print_json, print_rows, print_text, segment, text};
use crate::{cli::ToolsCommand, console::print_line, control::Control};

/// Runs the command.
///
/// # Errors
/// In a sentence; a call that failed is an error too.
pub(crate) async fn run(control: &Control, command: ToolsCommand) -> anyhow::Result<()> {
    match command {
        ToolsCommand::List { json } => list(control, json).await,
        ToolsCommand::Call { name, arguments } => call(control, &name, &arguments).await,
        ToolsCommand::Logs { name, limit, json } => logs(control, &name, limit, json).await,
    }
}

async fn list(control: &Control, json: bool) -> anyhow::Result<()> {
    let mut tools = Vec::new();
    for server in every_page(control, "/servers").await? {
        tools.extend(every_page(control, &format!("/servers/{}/tools", segment(text(&server, "id")))).await?);
    }
    if json {
        print_json(&Value::Array(tools));
        return Ok(());
    }
    let columns = ["name", "published", "live_version", "state"];
    let rows: Vec<Vec<String>> =
        tools.iter().map(|tool| columns.iter().map(|name| cell(tool, name)).collect()).collect();
    print_rows(&["NAME", "PUBLISHED", "LIVE", "NEWEST VERSION IS"], &rows);
    Ok(())
}

async fn every_page(control: &Control, path: &str) -> anyhow::Result<Vec<Value>> {
    let mut all = Vec::new();
    for page in 1.. {
        let answer = control.get(&format!("{path}?page={page}&page_size=100")).await?;
        all.extend_from_slice(items(&answer));
        if answer.get("pages").and_then(Value::as_u64).is_none_or(|pages| page >= pages) {
            break;
        }
    }
    Ok(all)
}

async fn call(control: &Control, name: &str, arguments: &str) -> anyhow::Result<()> {
    let arguments: Value = serde_json::from_str(arguments)
        .context("the arguments are not JSON; give one object, for instance '{\"city\": \"Oslo\"}'")?;
    if !arguments.is_object() {
        bail!("the arguments must be one JSON object, for instance '{{\"city\": \"Oslo\"}}'");
    }
    let reply = control.post(&format!("/tools/{}/call", segment(name)), json!({"arguments": arguments}), None).await?;
    if let Some(failure) = reply.get("failure").filter(|failure| failure.is_object()) {
        let hint = text(failure, "hint");
        bail!(
            "{}: {}{}",
            text(failure, "kind"),
            text(failure, "message"),
            if hint.is_empty() { String::new() } else { format!(" ({hint})") }
        );
    }
    print_json(reply.get("value").unwrap_or(&Value::Null));
    for block in reply.get("content").and_then(Value::as_array).into_iter().flatten() {
        match block.get("text").and_then(Value::as_str) {
            Some(text) => print_text(text),
            None => print_line(&format!("[{}]", text(block, "type"))),
        }
    }
    Ok(())
}

async fn logs(control: &Control, name: &str, limit: u64, json: bool) -> anyhow::Result<()> {
    let query = format!("/calls?profile=live&tool={}&page_size={}", segment(name), limit.clamp(1, 50));
    let page = control.get(&query).await?;
    if json {
        print_json(&Value::Array(items(&page).to_vec()));
        return Ok(());
    }
    let rows: Vec<Vec<String>> = items(&page).iter().map(run_row).collect();
    print_rows(&["STARTED", "MS", "WHO", "ARGUMENTS", "CAME OUT"], &rows);
    Ok(())
}

fn run_row(run: &Value) -> Vec<String> {
    let micros =
        run.pointer("/observed/duration_us").or_else(|| run.get("duration_us")).and_then(Value::as_u64).unwrap_or(0);
    let came_out = match run.get("failure").filter(|failure| failure.is_object()) {
        Some(failure) => format!("{}: {}", text(failure, "kind"), text(failure, "message")),
        None => cell(run, "result"),
    };
    let short =
        |text: String| if text.chars().count() > 60 { text.chars().take(59).chain(['…']).collect() } else { text };
    let who = run.pointer("/actor/name").and_then(Value::as_str).unwrap_or("-").to_owned();
    vec![
        cell(run, "started_at"),
        format!("{}.{}", micros / 1000, micros % 1000 / 100),
        who,
        short(cell(run, "arguments")),
        short(came_out),
    ]
}
