//! What went wrong with a run, in the form that lets an LLM repair its own tool.

use serde::{Deserialize, Serialize};

/// Why a run failed. Serialised as the structured content of an `isError` result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Failure {
    /// Which sort.
    pub kind: FailureKind,
    /// What happened, in a sentence.
    pub message: String,
    /// Line in the tool's source, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// That line's text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snippet: Option<String>,
    /// Python traceback, only frames of the tool itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceback: Option<String>,
    /// The argument at fault, when one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub argument: Option<String>,
    /// How to mend it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Names that were probably meant, best first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nearest: Vec<String>,
    /// The very call that helps, if one does. An argument `…` stands for what the caller writes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<NextCall>,
    /// The page where a human mends it, when only a human can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub human: Option<String>,
}

/// A tool call that would help.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NextCall {
    /// Management tool.
    pub tool: String,
    /// Its arguments.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub arguments: serde_json::Map<String, serde_json::Value>,
}

/// Sorts of failures (the contract of the error results).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// The code does not parse, or breaks a language rule.
    Syntax,
    /// An import that is not granted.
    ImportDenied,
    /// A host that is not granted.
    HostDenied,
    /// A secret that is not set or not granted.
    SecretMissing,
    /// Arguments that do not fit the schema.
    InvalidArguments,
    /// Wall-clock limit.
    Timeout,
    /// Memory limit.
    Memory,
    /// CPU limit.
    Cpu,
    /// Result larger than the cap.
    OutputTooLarge,
    /// The tool raised, or its process died.
    Exception,
    /// The run wants to ask the user of its client, who cannot be asked.
    CannotAsk,
    /// No failure: the run ended with a question to the user, and runs again with the answer.
    Asked,
    /// The tool exists but is not published.
    NotLive,
    /// Nothing of that name.
    NotFound,
    /// Clashes with what exists.
    Conflict,
    /// Not allowed for this principal.
    Forbidden,
    /// Too many requests.
    RateLimited,
    /// As much is kept as may be: something has to go first, or wait.
    LimitReached,
    /// There is no room left on the disk of MCPbox or of its database.
    StorageFull,
    /// The sandbox is full or restarting.
    Unavailable,
    /// The caller went away or the server stopped.
    Cancelled,
}

impl FailureKind {
    /// The snake-case word of the contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::ImportDenied => "import_denied",
            Self::HostDenied => "host_denied",
            Self::SecretMissing => "secret_missing",
            Self::InvalidArguments => "invalid_arguments",
            Self::Timeout => "timeout",
            Self::Memory => "memory",
            Self::Cpu => "cpu",
            Self::OutputTooLarge => "output_too_large",
            Self::Exception => "exception",
            Self::CannotAsk => "cannot_ask",
            Self::Asked => "asked",
            Self::NotLive => "not_live",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::Forbidden => "forbidden",
            Self::RateLimited => "rate_limited",
            Self::LimitReached => "limit_reached",
            Self::StorageFull => "storage_full",
            Self::Unavailable => "unavailable",
            Self::Cancelled => "cancelled",
        }
    }
}

impl Failure {
    /// A failure with only a sentence.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            line: None,
            snippet: None,
            traceback: None,
            argument: None,
            hint: None,
            nearest: Vec::new(),
            next: None,
            human: None,
        }
    }

    /// The same with a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same with the argument at fault.
    #[must_use]
    pub fn argument(mut self, name: impl Into<String>) -> Self {
        self.argument = Some(name.into());
        self
    }

    /// The same with the page where a human mends it.
    #[must_use]
    pub fn human(mut self, page: impl Into<String>) -> Self {
        self.human = Some(page.into());
        self
    }

    /// The same with names that were probably meant.
    #[must_use]
    pub fn nearest(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.nearest = names.into_iter().map(Into::into).collect();
        self
    }

    /// The same with a call that helps.
    #[must_use]
    pub fn next(mut self, tool: &str, arguments: serde_json::Value) -> Self {
        let arguments = match arguments {
            serde_json::Value::Object(map) => map,
            _ => serde_json::Map::new(),
        };
        self.next = Some(NextCall { tool: tool.to_owned(), arguments });
        self
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.kind.as_str(), self.message)
    }
}

impl std::error::Error for Failure {}
