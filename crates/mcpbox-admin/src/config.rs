//! What can be set about the admin listener. Values arrive checked from the binary; nothing here reads the environment.

use std::{num::NonZeroU32, sync::Arc};

use axum::Router;
use mcpbox_core::{bearer::BearerKey, peers::Peers};

/// Settings of the admin listener and of the command line's socket.
#[derive(Debug, Clone)]
pub struct AdminConfig {
    /// Who may connect to the listener. Others are hung up on before anything of theirs is read.
    pub peers: Peers,
    /// Further values of the `Host` header that are served: `host` (any port) or `host:port`. The listener's own
    /// address, and `localhost` when that is a loopback address, are always served.
    pub allowed_hosts: Vec<String>,
    /// How often one client address may ask.
    pub rate_limit: RateLimit,
    /// Whether browsers reach the listener by https: cookies get `Secure` and the `__Host-` prefix.
    pub cookie_secure: bool,
    /// Largest request body, bytes.
    pub max_body_bytes: usize,
    /// Connections served at one time; further ones wait.
    pub max_connections: usize,
    /// What answers outside `/api`.
    pub ui: Router,
    /// What `/metrics` answers, if it is there.
    pub metrics: Option<Metrics>,
    /// How clients connect.
    pub connect: Connect,
}

/// How MCP clients connect, for whoever sets one up.
#[derive(Debug, Clone, Default)]
pub struct Connect {
    /// The MCP endpoint.
    pub mcp_url: String,
    /// The program and its arguments, for clients that start one.
    pub command: Vec<String>,
}

/// The metrics, for Prometheus: numbers, never names of tools, arguments or secrets.
#[derive(Clone)]
pub struct Metrics {
    /// Makes the text.
    pub text: Arc<dyn Fn() -> String + Send + Sync>,
    /// Its format.
    pub content_type: &'static str,
    /// Who shows it may read them from anywhere. Without one, programs on this machine may.
    pub token: Option<BearerKey>,
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Metrics").field("token", &self.token).finish_non_exhaustive()
    }
}

impl Default for AdminConfig {
    fn default() -> Self {
        Self {
            peers: Peers::anyone(),
            allowed_hosts: Vec::new(),
            rate_limit: RateLimit::default(),
            cookie_secure: false,
            max_body_bytes: 10 << 20,
            max_connections: 512,
            ui: Router::new(),
            metrics: None,
            connect: Connect::default(),
        }
    }
}

/// Requests a minute, per client address; none is unlimited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// All requests under `/api`.
    pub requests: Option<NonZeroU32>,
    /// Attempts to log in or to set up; on the command line's socket: wrong passwords.
    pub logins: Option<NonZeroU32>,
}

impl RateLimit {
    /// No limits: for benchmarks and tests only, since passwords can then be guessed at full speed.
    pub const fn off() -> Self {
        Self { requests: None, logins: None }
    }
}

impl Default for RateLimit {
    fn default() -> Self {
        Self { requests: NonZeroU32::new(600), logins: NonZeroU32::new(5) }
    }
}
