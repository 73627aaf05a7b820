//! Exports of the original MCPbox, 1.0 to 1.2. Its signature is made with a key that only that box has, so nothing in such
//! a file is trusted. 1.0 has no requests of tools, 1.1 none of admins.

use std::collections::BTreeMap;

use mcpbox_core::{
    capability::{Capability, HostRule},
    failure::Failure,
};
use serde::Deserialize;
use serde_json::Value;

use super::{
    model::{Asked, Document, InRequest, InServer, InTool, InVersion},
    refused,
};

/// Fields that nobody knows, by name.
type Unknown = BTreeMap<String, Value>;

#[derive(Deserialize)]
struct File {
    servers: Vec<Server>,
    admin_module_requests: Option<Vec<ModuleRequest>>,
    #[serde(rename = "version")]
    _version: String,
    #[serde(rename = "exported_at")]
    _exported_at: Option<Value>,
    #[serde(rename = "signature")]
    _signature: Option<Value>,
    #[serde(flatten)]
    unknown: Unknown,
}

#[derive(Deserialize)]
struct Server {
    name: String,
    description: Option<String>,
    tools: Option<Vec<Tool>>,
    allowed_hosts: Option<Vec<String>>,
    default_timeout_ms: Option<u64>,
    admin_network_requests: Option<Vec<HostRequest>>,
    #[serde(flatten)]
    unknown: Unknown,
}

#[derive(Deserialize)]
struct Tool {
    name: String,
    description: Option<String>,
    enabled: Option<bool>,
    timeout_ms: Option<u64>,
    python_code: Option<String>,
    #[serde(rename = "input_schema")]
    _input_schema: Option<Value>,
    module_requests: Option<Vec<ModuleRequest>>,
    network_access_requests: Option<Vec<HostRequest>>,
    #[serde(flatten)]
    unknown: Unknown,
}

#[derive(Deserialize)]
struct ModuleRequest {
    module_name: String,
    justification: Option<String>,
    status: Option<String>,
}

#[derive(Deserialize)]
struct HostRequest {
    host: String,
    port: Option<u16>,
    justification: Option<String>,
    status: Option<String>,
}

/// Reads a file that says it is of `version`.
pub(super) fn read(json: &Value, version: &str) -> Result<Document, Failure> {
    if !["1.0", "1.1", "1.2"].contains(&version) {
        return Err(refused(format!(
            "the file is an export of version {version}; 1.0, 1.1 and 1.2 of the original MCPbox are read"
        )));
    }
    let file = File::deserialize(json)
        .map_err(|error| refused(format!("the file is no export of the original MCPbox {version}: {error}")))?;
    let mut notes = vec!["the signature of another box cannot be checked: everything arrives unapproved".to_owned()];
    notes.extend(ignored("the file", &file.unknown));
    for request in file.admin_module_requests.unwrap_or_default() {
        notes.push(format!(
            "module {} was allowed to all tools there; here each tool that imports it asks for it",
            request.module_name
        ));
    }
    let servers = file.servers.into_iter().map(server).collect();
    Ok(Document { source: format!("the original MCPbox, export {version}"), is_own: false, servers, notes })
}

fn ignored(of: &str, unknown: &Unknown) -> Option<String> {
    let names: Vec<&str> = unknown.keys().map(String::as_str).take(20).collect();
    (!names.is_empty()).then(|| format!("fields of {of} that are not known here were left out: {}", names.join(", ")))
}

fn server(server: Server) -> InServer {
    let tools: Vec<InTool> = server.tools.unwrap_or_default().into_iter().map(tool).collect();
    let mut notes: Vec<String> = ignored("the server", &server.unknown).into_iter().collect();
    let admin = server.admin_network_requests.unwrap_or_default();
    let admin = admin.into_iter().map(|request| written(&request.host, request.port));
    for host in server.allowed_hosts.unwrap_or_default().into_iter().chain(admin) {
        let is_asked = tools.iter().flat_map(|tool| &tool.requests).any(|request| is_host(request, &host));
        let note =
            format!("host {host} was allowed to the whole server; here only tools whose code names it ask for it");
        if !is_asked && !notes.contains(&note) {
            notes.push(note);
        }
    }
    InServer {
        name: server.name,
        description: server.description.unwrap_or_default(),
        limits: None,
        timeout_ms: server.default_timeout_ms,
        secrets: Vec::new(),
        tools,
        notes,
    }
}

fn tool(tool: Tool) -> InTool {
    let mut notes: Vec<String> = ignored("the tool", &tool.unknown).into_iter().collect();
    if let Some(timeout_ms) = tool.timeout_ms {
        notes.push(format!("its own time limit of {timeout_ms} ms was left out: limits belong to servers here"));
    }
    let mut requests = Vec::new();
    for request in tool.module_requests.unwrap_or_default() {
        let what = || format!("module {}", request.module_name);
        if is_wanted(request.status.as_deref(), what, &mut notes) {
            let justification = request.justification.unwrap_or_default();
            requests.push(InRequest { what: Asked::Module(request.module_name), justification });
        }
    }
    for request in tool.network_access_requests.unwrap_or_default() {
        let text = written(&request.host, request.port);
        if !is_wanted(request.status.as_deref(), || format!("host {text}"), &mut notes) {
            continue;
        }
        match HostRule::parse(&text) {
            Ok(rule) => requests.push(InRequest {
                what: Asked::Capability(Capability::Host(without_usual_port(rule))),
                justification: request.justification.unwrap_or_default(),
            }),
            Err(error) => notes.push(format!("its request for a host was left out: {error}")),
        }
    }
    let versions = tool.python_code.into_iter().map(|code| InVersion {
        // Many descriptions there are no more than the name.
        description: tool.description.clone().filter(|said| *said != tool.name).unwrap_or_default(),
        code,
    });
    InTool { versions: versions.collect(), name: tool.name, enabled: tool.enabled.unwrap_or(true), requests, notes }
}

fn is_wanted(status: Option<&str>, what: impl Fn() -> String, notes: &mut Vec<String>) -> bool {
    let is_wanted = !matches!(status, Some("rejected" | "revoked"));
    if !is_wanted {
        notes.push(format!("{} was refused there and is not asked for", what()));
    }
    is_wanted
}

fn written(host: &str, port: Option<u16>) -> String {
    match port {
        Some(port) if host.contains(':') && !host.starts_with('[') => format!("[{host}]:{port}"),
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// A rule without port covers 80 and 443, and is what the analysis of code asks for.
fn without_usual_port(rule: HostRule) -> HostRule {
    match rule.port {
        Some(443) => HostRule { port: None, ..rule },
        _ => rule,
    }
}

fn is_host(request: &InRequest, host: &str) -> bool {
    let Ok(rule) = HostRule::parse(host) else { return false };
    matches!(&request.what, Asked::Capability(Capability::Host(asked)) if asked.covers(&rule) || *asked == rule)
}
