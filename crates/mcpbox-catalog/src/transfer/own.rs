//! Our own format.

use chrono::{DateTime, Utc};
use mcpbox_core::{
    capability::{Capability, HostRule},
    failure::Failure,
    hash::ContentHash,
    server::{CodePolicy, Limits, ServerStatus},
    version::VersionState,
};
use mcpbox_store::{Reader, signature};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    model::{Asked, Document, InRequest, InSecret, InServer, InTool, InVersion},
    refused,
};

/// Mark of the format.
pub(super) const FORMAT: &str = "mcpbox-export";
/// Version that is written, and the only one that is read.
pub(super) const FORMAT_VERSION: u32 = 1;
/// What the signature is for.
pub(super) const PURPOSE: &str = "export";

/// All servers and tools, without values of secrets.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExportedBox {
    /// Always `mcpbox-export`.
    pub format: String,
    /// 1.
    pub format_version: u32,
    /// When.
    pub exported_at: DateTime<Utc>,
    /// Every server.
    pub servers: Vec<ExportedServer>,
    /// Mark of the box that wrote exactly this; it says nothing to other boxes.
    #[serde(default)]
    pub signature: String,
}

/// A server.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExportedServer {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Whether its tools were published.
    pub status: ServerStatus,
    /// Language rules; an import makes it strict again.
    pub code_policy: CodePolicy,
    /// Its limits.
    pub limits: Limits,
    /// Its secrets, without values.
    pub secrets: Vec<ExportedSecret>,
    /// Its tools.
    pub tools: Vec<ExportedTool>,
}

/// A secret without its value.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExportedSecret {
    /// Its key.
    pub key: String,
    /// What it is.
    pub description: String,
    /// Hosts it may be sent to.
    pub hosts: Vec<HostRule>,
}

/// A tool.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExportedTool {
    /// Its name.
    pub name: String,
    /// Whether it is published while its server runs.
    pub enabled: bool,
    /// The live version and the newest one, oldest first.
    pub versions: Vec<ExportedVersion>,
    /// What it was granted or asked for by itself.
    pub requests: Vec<ExportedRequest>,
}

/// A version.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExportedVersion {
    /// Its number.
    pub number: u32,
    /// Where it stood.
    pub state: VersionState,
    /// Names its content.
    pub content_hash: ContentHash,
    /// What it does.
    pub description: String,
    /// Python source.
    pub code: String,
}

/// What a tool was granted or asked for.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExportedRequest {
    /// What.
    pub capability: Capability,
    /// Why.
    pub justification: String,
}

impl ExportedBox {
    /// What the signature covers: all other fields.
    pub(super) fn signed_text(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(&Self { signature: String::new(), ..self.clone() })
    }
}

/// Reads a file of this format.
pub(super) fn read(json: Value, reader: &Reader) -> Result<Document, Failure> {
    match json.get("format_version").and_then(Value::as_u64) {
        Some(version) if version == u64::from(FORMAT_VERSION) => {}
        Some(newer) => {
            return Err(refused(format!(
                "the file has version {newer} of the export format; this MCPbox reads version {FORMAT_VERSION}: import it with a newer one"
            )));
        }
        None => return Err(refused("the file does not say its format_version")),
    }
    let exported: ExportedBox =
        serde_json::from_value(json).map_err(|error| refused(format!("the file is no export of MCPbox: {error}")))?;
    let text = exported.signed_text().map_err(|error| refused(error.to_string()))?;
    let is_own = signature::is_own(reader, PURPOSE, &text, &exported.signature);
    let source = match is_own {
        true => "this MCPbox, unchanged since",
        false => "another MCPbox, or changed since",
    };
    let notes = vec![match is_own {
        true => "this box signed the file; everything arrives unapproved all the same, because approvals may have been revoked since".to_owned(),
        false => "this box did not sign the file: everything arrives unapproved".to_owned(),
    }];
    let servers = exported.servers.into_iter().map(server).collect();
    Ok(Document { source: source.to_owned(), is_own, servers, notes })
}

fn server(server: ExportedServer) -> InServer {
    let mut notes = Vec::new();
    if server.code_policy == CodePolicy::Standard {
        notes.push("it allowed ordinary Python; an admin sets that again with `mcpbox server set`".to_owned());
    }
    let secret =
        |secret: ExportedSecret| InSecret { key: secret.key, description: secret.description, hosts: secret.hosts };
    InServer {
        name: server.name,
        description: server.description,
        limits: Some(server.limits),
        timeout_ms: None,
        secrets: server.secrets.into_iter().map(secret).collect(),
        tools: server.tools.into_iter().map(tool).collect(),
        notes,
    }
}

fn tool(tool: ExportedTool) -> InTool {
    let version = |version: ExportedVersion| InVersion { description: version.description, code: version.code };
    let request = |request: ExportedRequest| InRequest {
        what: Asked::Capability(request.capability),
        justification: request.justification,
    };
    InTool {
        name: tool.name,
        enabled: tool.enabled,
        versions: tool.versions.into_iter().map(version).collect(),
        requests: tool.requests.into_iter().map(request).collect(),
        notes: Vec::new(),
    }
}
