//! `mcpbox package`: the environments that tools run in.

use anyhow::Context;
use serde_json::{Value, json};

use super::{cell, print_json, print_rows, segment};
use crate::{cli::PackageCommand, console::print_line, control::Control, password::ask_login};

/// Runs the command.
///
/// # Errors
/// In a sentence.
pub(crate) async fn run(control: &Control, command: PackageCommand) -> anyhow::Result<()> {
    match command {
        PackageCommand::List { json } => list(control, json).await,
        PackageCommand::Install { lock, credentials } => {
            let login = ask_login(&credentials)?;
            let lock = whole(control, &lock).await?;
            control.post(&format!("/packages/{}/install", segment(&lock)), json!({}), Some(&login)).await?;
            print_line("It is being installed.\n\nNext: mcpbox package list");
            Ok(())
        }
    }
}

async fn list(control: &Control, json: bool) -> anyhow::Result<()> {
    let environments = control.get("/packages").await?;
    if json {
        print_json(&environments);
        return Ok(());
    }
    let all = environments.as_array().map_or(&[][..], Vec::as_slice);
    if all.is_empty() {
        print_line("No published tool runs with granted packages.");
        return Ok(());
    }
    let rows: Vec<Vec<String>> = all
        .iter()
        .map(|item| {
            let short = cell(item, "lock").chars().take(12).collect();
            vec![short, install_state(item.get("install")), words(item, "requirements"), words(item, "tools")]
        })
        .collect();
    print_rows(&["LOCK", "STATE", "ASKED FOR", "TOOLS"], &rows);
    Ok(())
}

/// The lock that begins so.
async fn whole(control: &Control, begin: &str) -> anyhow::Result<String> {
    let environments = control.get("/packages").await?;
    let locks =
        environments.as_array().into_iter().flatten().filter_map(|item| item.get("lock").and_then(Value::as_str));
    let mut found: Vec<&str> = locks.filter(|lock| lock.starts_with(begin)).collect();
    found.dedup();
    match found.as_slice() {
        [one] => Ok((*one).to_owned()),
        _ => None.context("no lock, or more than one, begins so; see `mcpbox package list --json`"),
    }
}

/// `installed`, `installing: Downloading …`, `failed: …`
pub(super) fn install_state(install: Option<&Value>) -> String {
    let field = |name: &str| install.and_then(|install| install.get(name)).and_then(Value::as_str);
    let state = field("state").unwrap_or("unknown").replace('_', " ");
    match field("step").or_else(|| field("reason")) {
        Some(more) => format!("{state}: {more}"),
        None => state,
    }
}

fn words(item: &Value, field: &str) -> String {
    let all = item.get(field).and_then(Value::as_array).into_iter().flatten();
    all.filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
}
