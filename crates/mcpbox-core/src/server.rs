//! A server: a named group of tools with one code policy, one set of limits and its own secrets.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{ids::ServerId, name::ServerName};

/// A named group of tools.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Server {
    /// Its id.
    pub id: ServerId,
    /// Its name, unique.
    pub name: ServerName,
    /// What it is for.
    pub description: String,
    /// Whether its tools are published.
    pub status: ServerStatus,
    /// Which language rules its tools follow.
    pub code_policy: CodePolicy,
    /// What one call may use.
    pub limits: Limits,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

/// Whether a server's approved, enabled tools are listed and callable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ServerStatus {
    /// Its tools are published.
    Running,
    /// Its tools are withdrawn.
    Stopped,
}

/// The language rules of a server's tools. The jail is the wall in both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CodePolicy {
    /// Restricted builtins, no dunder attributes, allow-listed imports.
    #[default]
    Strict,
    /// Ordinary Python; only the jail holds.
    Standard,
}

/// What one call may use. Defaults are those of the original.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Wall-clock time, milliseconds (100 to 600 000).
    pub timeout_ms: u64,
    /// CPU time, milliseconds (100 to 600 000).
    pub cpu_ms: u64,
    /// Memory, bytes (32 MiB to 4 GiB).
    pub memory_bytes: u64,
    /// Largest result, bytes of JSON.
    pub result_bytes: u64,
    /// Largest captured stdout, bytes.
    pub stdout_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            timeout_ms: 30_000,
            cpu_ms: 60_000,
            memory_bytes: 256 << 20,
            result_bytes: 1 << 20,
            stdout_bytes: 1 << 20,
        }
    }
}

impl Limits {
    /// Limits of a quarantine run (tests of drafts): the server's own, but no looser than these.
    pub fn quarantine(self) -> Self {
        Self { timeout_ms: self.timeout_ms.min(15_000), cpu_ms: self.cpu_ms.min(10_000), ..self }
    }

    /// Limits of a script that calls tools: those of quarantine, with time to wait for what it calls.
    pub fn script(self) -> Self {
        Self { timeout_ms: self.timeout_ms.saturating_mul(4).min(300_000), ..self.quarantine() }
    }

    /// Checks the ranges in the field docs.
    ///
    /// # Errors
    /// A sentence that names the field and its range.
    pub fn check(&self) -> Result<(), String> {
        let ranges = [
            ("timeout_ms", self.timeout_ms, 100, 600_000),
            ("cpu_ms", self.cpu_ms, 100, 600_000),
            ("memory_bytes", self.memory_bytes, 32 << 20, 4 << 30),
            ("result_bytes", self.result_bytes, 1 << 10, 16 << 20),
            ("stdout_bytes", self.stdout_bytes, 1 << 10, 16 << 20),
        ];
        match ranges.iter().find(|(_, value, low, high)| value < low || value > high) {
            Some((field, value, low, high)) => Err(format!("{field} is {value}; it must be between {low} and {high}")),
            None => Ok(()),
        }
    }
}
