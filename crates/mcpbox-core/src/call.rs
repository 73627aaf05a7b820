//! Records of runs: calls of live tools, and test runs of drafts, which are the evidence of a review.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    execute::{HttpMock, Observed},
    failure::Failure,
    hash::ContentHash,
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
    /// What it said with `ctx.log` (at most 100 lines, 16 KiB in all).
    #[serde(default)]
    pub logs: Vec<String>,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// What it did.
    pub observed: Observed,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// For a test run: what makes it evidence. None for calls.
    #[serde(default)]
    pub trial: Option<Trial>,
    /// The run of `mcpbox_run_code` that made this call; none for a call of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<CallId>,
}

impl CallRecord {
    /// Its place in the log.
    pub fn cursor(&self) -> CallCursor {
        CallCursor { started_at: self.started_at, id: self.id }
    }
}

/// A place in the log of runs: by the moment they began, and those of one moment by id. As text `<microseconds>-<id>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallCursor {
    /// When the run at this place began.
    pub started_at: DateTime<Utc>,
    /// Its id.
    pub id: CallId,
}

impl std::fmt::Display for CallCursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.started_at.timestamp_micros(), self.id)
    }
}

/// This text names no place in a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("this names no place in the log of runs")]
pub struct CursorError;

impl std::str::FromStr for CallCursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, CursorError> {
        let (micros, id) = text.split_once('-').ok_or(CursorError)?;
        let micros = micros.parse().map_err(|_| CursorError)?;
        let started_at = DateTime::from_timestamp_micros(micros).ok_or(CursorError)?;
        Ok(Self { started_at, id: id.parse().map_err(|_| CursorError)? })
    }
}

/// What makes a test run evidence of a version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Trial {
    /// Why it was run.
    pub purpose: TrialPurpose,
    /// Hash of the version that ran: evidence counts for exactly this content.
    pub content_hash: ContentHash,
    /// Whether `http_mocks` were given: then nothing left the box, whatever the code tried.
    pub mocked: bool,
    /// The mocks, when they were given, are at most 64 KiB and nothing in them looks secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_mocks: Option<Vec<HttpMock>>,
    /// The answers to its questions, when they were given and are kept like the mocks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Vec<Object>>))]
    pub answers: Option<Vec<Value>>,
    /// Whether it can be run again as it was: nothing was redacted from arguments, mocks and answers, nothing was cut.
    pub repeatable: bool,
    /// Whether it is one of the version's regression examples, which are run again for each newer version.
    pub is_example: bool,
    /// The example that this run repeats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeats: Option<CallId>,
}

/// Why a test was run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TrialPurpose {
    /// Its author tried it.
    Author,
    /// A human tried it from a review, with their own input.
    Reviewer,
    /// MCPbox repeated an example of the live version.
    Regression,
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
