//! Tools that exist but are not published, why, and what a caller is told to do about it.

use chrono::{DateTime, Utc};
use mcpbox_core::{
    capability::Capability,
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
    /// Grants that it needs and whose time is over.
    pub(crate) lapsed: Vec<Lapsed>,
}

/// A grant whose time is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lapsed {
    pub(crate) capability: Capability,
    pub(crate) since: DateTime<Utc>,
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
    /// A grant that it needs was for a time that is over.
    GrantExpired,
    /// Its source offers another tool by now than was approved.
    Quarantined,
    /// What is stored is not what was approved.
    Unsound,
}

impl Withheld {
    /// The reason, in words.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::NotApproved => "no version of it is approved",
            Self::Disabled => "it is disabled",
            Self::ServerStopped => "its server is stopped",
            Self::GrantExpired => {
                "a grant that it needs was for a time that is over; ask for it again with mcpbox_request_publish"
            }
            Self::Quarantined => "its source offers something else by now than was approved; a human must look at it",
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
        Withheld::GrantExpired => {
            let lapsed = known.lapsed.iter();
            let lapsed: Vec<String> =
                lapsed.map(|l| format!("{} (until {})", l.capability, l.since.format("%Y-%m-%d %H:%M UTC"))).collect();
            let message = format!("{} exists, but what it was granted has expired: {}", known.name, lapsed.join(", "));
            Failure::new(FailureKind::NotLive, message)
                .hint("ask for it again; a human decides, and the tool is live again at once")
                .next("mcpbox_request_publish", tool)
        }
        Withheld::NotApproved => {
            failure.hint("ask for its publication, or see what it waits for").next("mcpbox_get_tool_status", tool)
        }
        Withheld::Disabled => {
            failure.hint("enable it").next("mcpbox_update_tool", json!({"tool_id": known.name, "enabled": true}))
        }
        Withheld::ServerStopped => {
            failure.hint("start its server").next("mcpbox_start_server", json!({"server_id": known.server}))
        }
        Withheld::Quarantined => {
            failure.hint("ask the human to decide on the review of it").next("mcpbox_get_tool_status", tool)
        }
        Withheld::Unsound => failure.hint("tell the admin of this MCPbox").next("mcpbox_get_tool_status", tool),
    }
}
