//! An external source is another MCP server whose tools are imported as pinned versions of one of our servers.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::{ServerId, SourceId};

/// Another MCP server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExternalSource {
    /// Its id.
    pub id: SourceId,
    /// The server its tools belong to.
    pub server_id: ServerId,
    /// What it is called, unique within the server.
    pub name: String,
    /// How it is reached.
    pub transport: SourceTransport,
    /// Whether its tools may be called.
    pub enabled: bool,
    /// When its tools were last listed.
    pub last_synced_at: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

/// How an external source is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "transport", rename_all = "snake_case")]
pub enum SourceTransport {
    /// Streamable HTTP.
    StreamableHttp {
        /// The endpoint.
        url: String,
    },
    /// HTTP with server-sent events, of the protocol's first version.
    Sse {
        /// The endpoint.
        url: String,
    },
    /// A program in the jail, spoken to over its standard streams.
    Stdio {
        /// Program and arguments.
        command: Vec<String>,
    },
}
