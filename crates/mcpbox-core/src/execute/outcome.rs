//! What comes of a run.

use std::{collections::BTreeSet, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Entry;
use crate::{capability::HostRule, failure::Failure, name::SecretKey};

/// What came of a run. All texts are scrubbed of secrets.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The result, or why there is none.
    pub result: Result<ToolOutput, Failure>,
    /// What it printed, capped.
    pub stdout: String,
    /// What it did.
    pub observed: Observed,
}

/// What `main` returned; of a prompt, as `value`, a list of its messages (`{role, content}`); of a resource, its contents
/// (`{text | blob, mimeType}`).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ToolOutput {
    /// The JSON value, when it returned one.
    pub value: Value,
    /// MCP content blocks, when it returned some (text, image, audio, resource, resource_link) as in the MCP schema.
    pub content: Vec<Value>,
}

/// What a run did, as evidence.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Observed {
    /// Which function ran.
    #[serde(default, skip_serializing_if = "Entry::is_main")]
    pub entry: Entry,
    /// Every HTTP attempt in order (at most 100 kept).
    pub hosts: Vec<HostAttempt>,
    /// Imported modules.
    pub modules: BTreeSet<String>,
    /// Imports that were refused.
    pub denied_modules: BTreeSet<String>,
    /// Secrets that were read.
    pub secrets: BTreeSet<SecretKey>,
    /// Wall time, microseconds.
    pub duration_us: u64,
    /// CPU time, microseconds.
    pub cpu_us: u64,
    /// Peak memory, bytes.
    pub peak_memory_bytes: u64,
}

impl Observed {
    /// Wall time.
    pub fn duration(&self) -> Duration {
        Duration::from_micros(self.duration_us)
    }
}

/// One HTTP attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HostAttempt {
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Method, upper case.
    pub method: String,
    /// What came of it.
    pub outcome: HostOutcome,
    /// HTTP status when reached, or why it was refused or failed.
    pub detail: String,
    /// What a human could grant so that it is allowed; none when it was, or when no grant would help.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needs: Option<HostRule>,
}

/// What came of an HTTP attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum HostOutcome {
    /// It answered.
    Reached,
    /// Allowed, but did not answer.
    Failed,
    /// Not granted, or an address that is never allowed.
    Denied,
    /// Answered by a mock.
    Mocked,
}
