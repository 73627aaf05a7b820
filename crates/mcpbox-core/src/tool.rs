//! A tool belongs to a server and points at the version that calls run. What it does stands in its versions.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    ids::{ServerId, ToolId, VersionId},
    name::ToolName,
};

/// Longest accepted Python source, bytes.
pub const CODE_MAX_BYTES: usize = 100 * 1024;
/// Longest accepted description, characters.
pub const DESCRIPTION_MAX_CHARS: usize = 4_000;

/// A tool of a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Tool {
    /// Its id.
    pub id: ToolId,
    /// The server it belongs to.
    pub server_id: ServerId,
    /// Its name, unique within the server: that of the live version, or of the newest draft while none is live.
    pub name: ToolName,
    /// How it runs.
    pub kind: ToolKind,
    /// Whether it is published while its server runs.
    pub enabled: bool,
    /// The approved version that calls run; none until the first approval.
    pub live_version: Option<VersionId>,
    /// Why its calls are refused until a human approves what its source offers now; none for a tool that is as approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quarantine: Option<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

/// How a tool runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ToolKind {
    /// Python source, run in the jail.
    Python,
    /// A tool of another MCP server, proxied.
    External,
}
