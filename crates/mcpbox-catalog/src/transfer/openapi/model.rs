//! What an import of a document is asked with, and what it answers.

use mcpbox_core::{capability::HostRule, ids::ServerId};
use serde::{Deserialize, Serialize};

use crate::author::Finding;

/// What is made of a document.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct OpenApiImport {
    /// The text of the document: OpenAPI 3.0 or 3.1, JSON or YAML, at most 4 MiB.
    pub document: String,
    /// The server that the tools join; made when it is not there. `^[a-z][a-z0-9_]*$`, at most 31 characters.
    pub server: String,
    /// The absolute address that the tools call; the first usable one of the document when absent.
    #[serde(default)]
    pub base_url: Option<String>,
    /// The ids of the operations that become tools, 1 to 200.
    pub operations: Vec<String>,
    /// Only tell what would come of it.
    #[serde(default)]
    pub dry_run: bool,
}

/// What came of a document.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OpenApiReport {
    /// Whether this was a trial, so that nothing is stored.
    pub dry_run: bool,
    /// The server's name.
    pub server: String,
    /// The server's id, unless this was a trial that would make it.
    pub server_id: Option<ServerId>,
    /// Whether it is new.
    pub is_new: bool,
    /// The address that the tools call.
    pub base_url: String,
    /// The host that each tool asks for.
    pub host: HostRule,
    /// The secrets that they read; a human sets the values.
    pub secrets: Vec<OpenApiSecret>,
    /// Each tool, in the order in which they were chosen.
    pub tools: Vec<OpenApiTool>,
    /// What to know about the server.
    pub notes: Vec<String>,
}

/// A secret that tools of a document read.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OpenApiSecret {
    /// Its key.
    pub key: String,
    /// What its value is.
    pub description: String,
    /// Whether the placeholder is new.
    pub is_new: bool,
}

/// A tool that was made of an operation.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OpenApiTool {
    /// The operation.
    pub operation: String,
    /// `server__tool`.
    pub tool: String,
    /// Its Python source.
    pub code: String,
    /// What it needs and does not have; its request for publication asks for it.
    pub requests: Vec<String>,
    /// What a reviewer should see in it.
    pub findings: Vec<Finding>,
    /// What of the operation is left out.
    pub notes: Vec<String>,
}
