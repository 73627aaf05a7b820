//! Live events: what the admin page and MCP listeners hear about. They carry ids, never contents.

use serde::{Deserialize, Serialize};

use crate::ids::{CallId, ReviewId, ServerId, ToolId};

/// Something changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum LiveEvent {
    /// The list of published tools changed: MCP listeners get `tools/list_changed`.
    ToolListChanged,
    /// A server was made, changed or deleted.
    ServerChanged {
        /// Which.
        server_id: ServerId,
    },
    /// A tool was made, changed or deleted.
    ToolChanged {
        /// Which.
        tool_id: ToolId,
    },
    /// A review was opened, decided or superseded.
    ReviewChanged {
        /// Which.
        review_id: ReviewId,
    },
    /// Grants or secrets of a server changed.
    GrantsChanged,
    /// A run ended.
    CallFinished {
        /// Which.
        call_id: CallId,
        /// The tool.
        tool_id: ToolId,
        /// Whether it succeeded.
        succeeded: bool,
    },
    /// Settings changed.
    SettingsChanged,
    /// A target of notifications was made, changed or deleted, or an attempt to deliver ended.
    NotificationsChanged,
    /// A session of a human began or ended, or an account changed.
    SessionsChanged,
    /// Remote access changed: a request waits or was decided, an authorization, token or client began or ended.
    AccessChanged,
    /// A step of the connection over Cloudflare was done or undone.
    CloudflareChanged,
    /// An MCP client is here that was not, or was silent for a while.
    ClientSeen,
}
