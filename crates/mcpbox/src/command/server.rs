//! `mcpbox server`: list, and set what only a human may.

use anyhow::Context;
use serde_json::{Map, Value, json};

use super::{cell, items, print_json, print_rows, segment};
use crate::{
    cli::{CodePolicyArg, ServerChange, ServerCommand},
    console::print_line,
    control::Control,
    password::ask_login,
};

/// Runs the command.
///
/// # Errors
/// In a sentence.
pub(crate) async fn run(control: &Control, command: ServerCommand) -> anyhow::Result<()> {
    match command {
        ServerCommand::List { json } => list(control, json).await,
        ServerCommand::Set { name, change, credentials } => {
            let login = ask_login(&credentials)?;
            let path = format!("/servers/{}", segment(&name));
            let body = body(&change, &control.get(&path).await?)?;
            let server = control.send(hyper::Method::PATCH, &path, Some(body), Some(&login)).await?;
            let limit = |field: &str| server.pointer(&format!("/limits/{field}")).and_then(Value::as_u64).unwrap_or(0);
            let (policy, timeout, memory) =
                (cell(&server, "code_policy"), limit("timeout_ms"), limit("memory_bytes") >> 20);
            print_line(&format!("{name}: code policy {policy}, at most {timeout} ms and {memory} MiB a call."));
            Ok(())
        }
    }
}

/// Limits are replaced as a whole, so those that stay come from the server as it is.
fn body(change: &ServerChange, server: &Value) -> anyhow::Result<Value> {
    let mut body = Map::new();
    if let Some(policy) = change.code_policy {
        let policy = match policy {
            CodePolicyArg::Strict => "strict",
            CodePolicyArg::Standard => "standard",
        };
        body.insert("code_policy".to_owned(), json!(policy));
    }
    let changed =
        [("timeout_ms", change.timeout_ms), ("memory_bytes", change.memory_mb.map(|mb| mb.saturating_mul(1 << 20)))];
    if changed.iter().any(|(_, value)| value.is_some()) {
        let mut limits =
            server.get("limits").and_then(Value::as_object).cloned().context("the server has no limits")?;
        limits.extend(changed.into_iter().filter_map(|(field, value)| Some((field.to_owned(), json!(value?)))));
        body.insert("limits".to_owned(), Value::Object(limits));
    }
    Ok(Value::Object(body))
}

async fn list(control: &Control, json: bool) -> anyhow::Result<()> {
    let page = control.get("/servers?page_size=100").await?;
    if json {
        print_json(&Value::Array(items(&page).to_vec()));
        return Ok(());
    }
    let columns = ["name", "status", "tools", "live_tools", "description"];
    let rows: Vec<Vec<String>> =
        items(&page).iter().map(|item| columns.iter().map(|name| cell(item, name)).collect()).collect();
    print_rows(&["NAME", "STATUS", "TOOLS", "LIVE", "DESCRIPTION"], &rows);
    Ok(())
}
