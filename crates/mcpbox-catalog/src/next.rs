//! Next steps: every answer names what to do now, if possible as the very call to make.

use mcpbox_core::failure::NextCall;
use serde::Serialize;
use serde_json::Value;

/// What to do now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NextStep {
    /// In words.
    pub step: String,
    /// As a management tool call, where one does it. An argument `…` stands for what the author writes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call: Option<NextCall>,
    /// The page where a human does it, when only a human can.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub human: Option<String>,
}

/// What the author writes, in a call that is otherwise ready.
pub(crate) const YOURS: &str = "…";

impl NextStep {
    /// Something to know or to do outside the management tools.
    pub(crate) fn say(step: impl Into<String>) -> Self {
        Self { step: step.into(), call: None, human: None }
    }

    /// A step that a human takes on `page`.
    pub(crate) fn human(step: impl Into<String>, page: String) -> Self {
        Self { step: step.into(), call: None, human: Some(page) }
    }

    /// A step that is one management tool call. `arguments` must be an object.
    pub(crate) fn call(step: impl Into<String>, tool: &str, arguments: Value) -> Self {
        Self { step: step.into(), call: Some(next_call(tool, arguments)), human: None }
    }
}

/// A management tool call. `arguments` must be an object.
pub(crate) fn next_call(tool: &str, arguments: Value) -> NextCall {
    let arguments = match arguments {
        Value::Object(map) => map,
        _ => serde_json::Map::new(),
    };
    NextCall { tool: tool.to_owned(), arguments }
}
