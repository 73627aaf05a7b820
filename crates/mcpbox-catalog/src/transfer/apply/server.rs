//! One server of a file: the one of that name, or a new one, stopped, strict and within the limits.

use mcpbox_core::{
    ids::ServerId,
    name::{SecretKey, ServerName, nearest_name},
    secret::Secret,
    server::{CodePolicy, Limits, Server, ServerStatus},
};
use mcpbox_store::{secrets, servers};
use serde_json::json;

use super::{Fate, ImportOptions, ImportedServer, ImportedTool, tool};
use crate::{
    CatalogError,
    change::Change,
    nearest, text,
    transfer::model::{InSecret, InServer, InTool},
};

/// Limits of the time of a call, milliseconds.
const TIMEOUT_MS: (u64, u64) = (100, 600_000);

/// Imports a server with its tools.
pub(super) async fn import(
    change: &mut Change,
    from: InServer,
    options: ImportOptions,
) -> Result<ImportedServer, CatalogError> {
    let mut report = ImportedServer {
        name: nearest::shown(&from.name),
        server: None,
        is_new: false,
        tools: Vec::new(),
        notes: from.notes.clone(),
    };
    let Some(name) = checked_name(&from.name, &mut report.notes) else {
        report.tools = from.tools.iter().map(|tool| left_out(tool, "its server was left out")).collect();
        return Ok(report);
    };
    let (server, is_new) = found_or_made(change, &from, name, &mut report.notes).await?;
    report.is_new = is_new;
    report.server = Some(server.name.to_string());
    for secret in from.secrets {
        placeholder(change, &server, secret, &mut report.notes).await?;
    }
    for tool in from.tools {
        report.tools.push(tool::import(change, &server, tool, options).await?);
    }
    Ok(report)
}

/// The server of that name, or a new one, and whether it is new.
pub(in crate::transfer) async fn found_or_made(
    change: &mut Change,
    from: &InServer,
    name: ServerName,
    notes: &mut Vec<String>,
) -> Result<(Server, bool), CatalogError> {
    if let Some(server) = servers::by_name(&change.tx, &name).await? {
        notes.push("a server of this name is here: its settings stay, and the tools join it".to_owned());
        return Ok((server, false));
    }
    Ok((make(change, from, name, notes).await?, true))
}

fn checked_name(text: &str, notes: &mut Vec<String>) -> Option<ServerName> {
    match (ServerName::parse(text), nearest_name(text).map(|name| ServerName::parse(&name))) {
        (Ok(name), _) => Some(name),
        (Err(_), Some(Ok(name))) => {
            notes.push(format!("its name is no name here; it is called {name}"));
            Some(name)
        }
        (Err(error), _) => {
            notes.push(format!("left out: {error}; rename it in the file"));
            None
        }
    }
}

fn left_out(tool: &InTool, why: &str) -> ImportedTool {
    let notes = vec![format!("left out: {why}")];
    let (requests, findings) = (Vec::new(), Vec::new());
    let name = nearest::shown(&tool.name);
    ImportedTool { name, tool: None, fate: Fate::Skipped, review_id: None, requests, findings, notes }
}

async fn make(
    change: &mut Change,
    from: &InServer,
    name: ServerName,
    notes: &mut Vec<String>,
) -> Result<Server, CatalogError> {
    let description = text::description(&from.description).unwrap_or_else(|failure| {
        notes.push(format!("its description was left out: {}", failure.message));
        String::new()
    });
    let server = Server {
        id: ServerId::generate(),
        name,
        description,
        status: ServerStatus::Stopped,
        code_policy: CodePolicy::Strict,
        limits: limits(change, from, notes),
        created_at: change.now,
        updated_at: change.now,
    };
    servers::insert(&change.tx, &server).await?;
    let detail = json!({"name": server.name, "imported": true});
    change.audit("server.create", format!("server:{}", server.id), detail).await?;
    change.touch_server(server.id);
    notes.push("it is stopped; start it once its tools are approved".to_owned());
    Ok(server)
}

fn limits(change: &Change, from: &InServer, notes: &mut Vec<String>) -> Limits {
    let usual = change.snapshot().settings().default_limits;
    if let Some(limits) = from.limits {
        return match limits.check() {
            Ok(()) => limits,
            Err(problem) => {
                notes.push(format!("its limits were left out: {problem}"));
                usual
            }
        };
    }
    let Some(asked) = from.timeout_ms else { return usual };
    let timeout_ms = asked.clamp(TIMEOUT_MS.0, TIMEOUT_MS.1);
    if timeout_ms != asked {
        notes.push(format!("its time limit of {asked} ms became {timeout_ms} ms"));
    }
    Limits { timeout_ms, ..usual }
}

/// Makes the placeholder of a secret unless it is there. Its value is set by a human.
pub(in crate::transfer) async fn placeholder(
    change: &mut Change,
    server: &Server,
    from: InSecret,
    notes: &mut Vec<String>,
) -> Result<(), CatalogError> {
    let key = match SecretKey::parse(&from.key) {
        Ok(key) => key,
        Err(error) => {
            notes.push(format!("a secret was left out: {error}"));
            return Ok(());
        }
    };
    if secrets::by_key(&change.tx, server.id, &key).await?.is_some() {
        return Ok(());
    }
    let secret = Secret {
        description: text::description(&from.description).unwrap_or_default(),
        hosts: from.hosts,
        ..Secret::waiting(server.id, key, change.now)
    };
    secrets::insert(&change.tx, &secret).await?;
    let detail = json!({"server": server.name, "key": secret.key, "hosts": secret.hosts, "imported": true});
    change.audit("secret.create", format!("secret:{}", secret.id), detail).await?;
    notes.push(format!("secret {} has no value yet; set it on the page of the server", secret.key));
    Ok(())
}
