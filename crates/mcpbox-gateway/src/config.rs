//! What the gateway is told by its operator. Parsed by the binary; here it is already checked data.

use std::time::Duration;

use mcpbox_core::peers::Peers;
use secrecy::SecretString;

use crate::limits::RateLimits;

/// How the MCP listener behaves.
#[derive(Debug, Clone)]
pub struct GatewayConfig {
    /// Who may connect. Others are hung up on before anything of theirs is read.
    pub peers: Peers,
    /// `Host` values that are answered besides the loopback names: `name` (any port) or `name:port`.
    pub allowed_hosts: Vec<String>,
    /// `Origin` values that are answered, such as `https://app.example.com`. An absent `Origin` is always fine.
    pub allowed_origins: Vec<String>,
    /// How often tools may be called.
    pub rate_limits: RateLimits,
    /// Largest request body, bytes.
    pub max_body_bytes: usize,
    /// Connections served at once; more wait to be accepted.
    pub max_connections: usize,
    /// Sessions of clients of the `initialize` era kept at once; the one idle longest makes room.
    pub max_sessions: usize,
    /// Whether clients of the `initialize` era get a session (and with it `list_changed`). Off when replicas share the load.
    pub legacy_sessions: bool,
    /// A token every request must carry as `Authorization: Bearer …`; none makes this the local, open listener.
    pub bearer: Option<SecretString>,
    /// How long a connection may take to send the headers of its next request.
    pub header_timeout: Duration,
    /// How long running calls may go on after shutdown was asked for, before they are interrupted.
    pub drain: Duration,
}

impl Default for GatewayConfig {
    fn default() -> Self {
        Self {
            peers: Peers::anyone(),
            allowed_hosts: Vec::new(),
            allowed_origins: Vec::new(),
            rate_limits: RateLimits::default(),
            max_body_bytes: 4 << 20,
            max_connections: 1024,
            max_sessions: 1024,
            legacy_sessions: true,
            bearer: None,
            header_timeout: Duration::from_secs(10),
            drain: Duration::from_millis(3_200),
        }
    }
}
