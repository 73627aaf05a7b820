//! What a process is: everything, a part of a server, or a worker.

use std::net::SocketAddr;

use mcpbox_core::bearer::BearerKey;
use url::Url;

/// What a process is.
#[derive(Debug)]
pub(crate) enum Role {
    /// A server: everything, or its half of one; workers may run the tools.
    Server {
        /// What it opens.
        doors: Doors,
        /// The workers, if tools run there.
        workers: Option<WorkerSettings>,
    },
    /// A sandbox worker: neither database nor encryption key.
    Sandbox {
        /// Its listener.
        addr: SocketAddr,
        /// Who may run something.
        key: BearerKey,
    },
}

impl Role {
    /// As it is set.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Sandbox { .. } => "sandbox",
            Self::Server { doors: Doors::All, .. } => "all",
            Self::Server { doors: Doors::Admin, .. } => "admin",
            Self::Server { doors: Doors::Gateway, .. } => "gateway",
        }
    }
}

/// What a server opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doors {
    /// All of them.
    All,
    /// Admin page and API, and the command line's socket.
    Admin,
    /// The MCP endpoint.
    Gateway,
}

impl Doors {
    /// Whether humans come in here.
    pub(crate) fn has_admin(self) -> bool {
        self != Self::Gateway
    }

    /// Whether MCP clients come in here.
    pub(crate) fn has_mcp(self) -> bool {
        self != Self::Admin
    }
}

/// Where tools run when not here.
#[derive(Debug)]
pub(crate) struct WorkerSettings {
    /// The workers.
    pub urls: Vec<Url>,
    /// What they ask for.
    pub key: BearerKey,
}
