//! Long calls that a client does not wait for: it gets the name of a task, and asks for what came of it later.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::ids::{CallId, ToolId, VersionId};

/// A call that goes on, or went on, without its client waiting.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// Names it; random, because whoever knows it may ask.
    pub id: String,
    /// The tool, as it was called.
    pub name: String,
    /// What runs; none until it began.
    pub run: Option<Begun>,
    /// How far it is.
    pub state: TaskState,
    /// What the run said last, or why it ended so.
    pub message: Option<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When its state or message last changed.
    pub updated_at: DateTime<Utc>,
    /// When it is forgotten, unless it still runs.
    pub expires_at: DateTime<Utc>,
    /// What came of it; none while it runs and when it was cancelled.
    pub ending: Option<Ending>,
}

impl Task {
    /// When it was made, as ISO 8601 writes it.
    pub fn created(&self) -> String {
        moment(self.created_at)
    }

    /// When it last changed, as ISO 8601 writes it.
    pub fn updated(&self) -> String {
        moment(self.updated_at)
    }

    /// How long after it was made it is forgotten, milliseconds.
    pub fn ttl_ms(&self) -> u64 {
        u64::try_from((self.expires_at - self.created_at).num_milliseconds()).unwrap_or_default()
    }
}

fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// The run that a task stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Begun {
    /// Its record.
    pub call_id: CallId,
    /// The tool.
    pub tool_id: ToolId,
    /// The version.
    pub version_id: VersionId,
}

/// How far a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskState {
    /// It runs.
    Working,
    /// The call has a result, be it one with `isError`.
    Completed,
    /// The call has none: it ended in an error of the protocol, or with the server that ran it.
    Failed,
    /// Somebody ended it.
    Cancelled,
}

impl TaskState {
    /// Whether it stays so.
    pub fn is_final(self) -> bool {
        self != Self::Working
    }
}

/// What came of a task: what the call would have been answered with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// A result (MCP `CallToolResult`).
    Result(Map<String, Value>),
    /// A JSON-RPC error.
    Error(Map<String, Value>),
}

impl Ending {
    /// Whether it is a result with `isError`, or no result at all.
    pub fn is_failure(&self) -> bool {
        match self {
            Self::Result(result) => result.get("isError") == Some(&Value::Bool(true)),
            Self::Error(_) => true,
        }
    }

    /// The state of a task that ended so.
    pub fn state(&self) -> TaskState {
        match self {
            Self::Result(_) => TaskState::Completed,
            Self::Error(_) => TaskState::Failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_result_that_says_error_is_a_failure_that_completed() {
        let object = |value: Value| value.as_object().cloned().unwrap();
        let fine = Ending::Result(object(json!({"content": [], "isError": false})));
        let error = Ending::Result(object(json!({"content": [], "isError": true})));
        let none = Ending::Error(object(json!({"code": -32603, "message": "x"})));
        assert_eq!((fine.is_failure(), fine.state()), (false, TaskState::Completed));
        assert_eq!((error.is_failure(), error.state()), (true, TaskState::Completed));
        assert_eq!((none.is_failure(), none.state()), (true, TaskState::Failed));
    }
}
