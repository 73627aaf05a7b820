//! `mcpbox token`: personal access tokens for MCP clients that send a header.

use anyhow::Context;
use mcpbox_core::{
    clock::{Clock, SystemClock},
    principal::Scope,
};
use serde_json::{Value, json};

use super::{cell, items, print_json, print_rows, text};
use crate::{cli::TokenCommand, console::print_line, control::Control, password::ask_login};

/// Runs the command.
///
/// # Errors
/// In a sentence.
pub(crate) async fn run(control: &Control, command: TokenCommand) -> anyhow::Result<()> {
    match command {
        TokenCommand::List { json } => list(control, json).await,
        TokenCommand::Create { name, scopes, until, forever, credentials } => {
            let end = until.at(SystemClock.now()).context("that is too far away")?;
            let end = (!forever).then_some(end);
            let login = ask_login(&credentials)?;
            let body = json!({"name": name, "scopes": scopes, "expires_at": end});
            let made = control.post("/tokens", body, Some(&login)).await?;
            // Alone on standard output, so that it can be piped to where it belongs.
            print_line(text(&made, "secret"));
            eprintln!("This is the only time it is shown. A client sends it as `Authorization: Bearer TOKEN`.");
            Ok(())
        }
        TokenCommand::Revoke { name, credentials } => {
            let login = ask_login(&credentials)?;
            let id = id_of(control, &name).await?;
            control.send(hyper::Method::DELETE, &format!("/tokens/{id}"), None, Some(&login)).await?;
            print_line(&format!("{name} is revoked."));
            Ok(())
        }
    }
}

/// All tokens, page by page.
async fn all(control: &Control) -> anyhow::Result<Vec<Value>> {
    let mut all = Vec::new();
    for number in 1.. {
        let page = control.get(&format!("/tokens?page_size=100&page={number}")).await?;
        all.extend(items(&page).iter().cloned());
        if number >= page.get("pages").and_then(Value::as_u64).unwrap_or(0) {
            break;
        }
    }
    Ok(all)
}

async fn id_of(control: &Control, name: &str) -> anyhow::Result<String> {
    let all = all(control).await?;
    let found = all.iter().find(|token| text(token, "name") == name);
    found
        .map(|token| text(token, "id").to_owned())
        .with_context(|| format!("there is no token '{name}'; see `mcpbox token list`"))
}

async fn list(control: &Control, json: bool) -> anyhow::Result<()> {
    let all = all(control).await?;
    if json {
        print_json(&Value::Array(all));
        return Ok(());
    }
    let scopes = |token: &Value| {
        let scopes = token.get("scopes").cloned().unwrap_or_default();
        let scopes = serde_json::from_value::<Vec<Scope>>(scopes).unwrap_or_default();
        scopes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    };
    let by = |token: &Value| token.get("created_by").map_or_else(String::new, |by| cell(by, "name"));
    let row = |token: &Value| {
        vec![cell(token, "name"), scopes(token), by(token), cell(token, "expires_at"), cell(token, "last_used_at")]
    };
    print_rows(&["NAME", "SCOPES", "FOR", "ENDS", "LAST USED"], &all.iter().map(row).collect::<Vec<_>>());
    Ok(())
}
