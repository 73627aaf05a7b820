//! Records of runs: calls of live tools, and test runs of drafts, which are the evidence of a review.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    execute::Observed,
    failure::Failure,
    ids::{CallId, ServerId, ToolId, VersionId},
    principal::Actor,
};

/// One run of a tool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CallRecord {
    /// Its id.
    pub id: CallId,
    /// The server.
    pub server_id: ServerId,
    /// The server's name at that time; the record outlives the server.
    pub server_name: String,
    /// The tool.
    pub tool_id: ToolId,
    /// The tool's name at that time; the record outlives the tool.
    pub tool_name: String,
    /// The version that ran.
    pub version_id: VersionId,
    /// A call, or a test.
    pub profile: Profile,
    /// Who called.
    pub actor: Actor,
    /// Arguments, with secret-looking values redacted.
    pub arguments: Value,
    /// Result, cut at 64 KiB of JSON; null when it failed.
    pub result: Value,
    /// What it printed, cut at 64 KiB.
    pub stdout: String,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// What it did.
    pub observed: Observed,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// The run of `mcpbox_run_code` that made this call; none for a call of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<CallId>,
}

/// Under which rules a run runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Profile {
    /// A live version with its grants and secrets.
    Live,
    /// A test of any version: no secrets, only hosts already granted, tight limits. Kept as evidence.
    Quarantine,
}
