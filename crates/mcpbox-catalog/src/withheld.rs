//! Tools that exist but are not published, why, and what a caller is told to do about it.

use mcpbox_core::{
    failure::{Failure, FailureKind},
    name::ServerName,
    tool::Tool,
};
use serde_json::json;

/// A tool that exists, published or not.
pub(crate) struct KnownTool {
    pub(crate) tool: Tool,
    pub(crate) server: ServerName,
    pub(crate) name: String,
    pub(crate) live_version: Option<u32>,
    pub(crate) withheld: Option<Withheld>,
}

/// Why a tool is not published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Withheld {
    /// No version is approved yet.
    NotApproved,
    /// It is disabled.
    Disabled,
    /// Its server is stopped.
    ServerStopped,
    /// What is stored is not what was approved.
    Unsound,
}

impl Withheld {
    /// The reason, in words.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::NotApproved => "no version of it is approved yet",
            Self::Disabled => "it is disabled",
            Self::ServerStopped => "its server is stopped",
            Self::Unsound => "what is stored is not what was approved; an admin must look at the log",
        }
    }
}

/// A bare name that several tools have.
pub(crate) fn ambiguous<'a>(name: &str, all: impl Iterator<Item = &'a String>) -> Failure {
    let all: Vec<&str> = all.take(10).map(String::as_str).collect();
    Failure::new(
        FailureKind::Conflict,
        format!("more than one server has a tool '{}': {}", crate::nearest::shown(name), all.join(", ")),
    )
    .hint("use the full name, server__tool")
    .nearest(all)
}

/// A tool that exists but cannot be called now.
pub(crate) fn not_live(known: &KnownTool, withheld: Withheld) -> Failure {
    let failure = Failure::new(FailureKind::NotLive, format!("{} exists, but {}", known.name, withheld.reason()));
    let tool = json!({"tool_id": known.name});
    match withheld {
        Withheld::NotApproved => {
            failure.hint("ask for its publication, or see what it waits for").next("mcpbox_get_tool_status", tool)
        }
        Withheld::Disabled => {
            failure.hint("enable it").next("mcpbox_update_tool", json!({"tool_id": known.name, "enabled": true}))
        }
        Withheld::ServerStopped => {
            failure.hint("start its server").next("mcpbox_start_server", json!({"server_id": known.server}))
        }
        Withheld::Unsound => failure.hint("tell the admin of this MCPbox").next("mcpbox_get_tool_status", tool),
    }
}
