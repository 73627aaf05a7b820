//! What the gateway is told by its operator. Parsed by the binary; here it is already checked data.

use std::time::Duration;

use mcpbox_core::{front::TrustedFront, peers::Peers, proxies::Proxies};
use mcpbox_listen::Limits;
use secrecy::SecretString;

use crate::{limits::RateLimits, remote::Remote};

/// Largest message, bytes.
const MESSAGE_MAX: usize = 4 << 20;

/// How the MCP listener behaves.
#[derive(Debug, Clone)]
pub struct GatewayConfig {
    /// Who may connect. Others are hung up on before anything of theirs is read.
    pub peers: Peers,
    /// The proxies that say for whom they ask; on the remote listener alone.
    pub proxies: Proxies,
    /// `Host` values that are answered besides the loopback names: `name` (any port) or `name:port`.
    pub allowed_hosts: Vec<String>,
    /// `Origin` values that are answered, such as `https://app.example.com`. An absent `Origin` is always fine.
    pub allowed_origins: Vec<String>,
    /// How often tools may be called.
    pub rate_limits: RateLimits,
    /// Largest request body, bytes.
    pub max_body_bytes: usize,
    /// What clients may do, however many and slow.
    pub limits: Limits,
    /// Sessions of clients of the `initialize` era kept at once; the one idle longest makes room.
    pub max_sessions: usize,
    /// Whether clients of the `initialize` era get a session (and with it `list_changed`). Off when replicas share the load.
    pub legacy_sessions: bool,
    /// A token every request must carry as `Authorization: Bearer …`; none makes this the local, open listener.
    pub bearer: Option<SecretString>,
    /// Makes this the remote listener: everybody needs a token of remote access. None makes it the local one.
    pub remote: Option<Remote>,
    /// How often a silent stream says that it is alive: proxies and clients let go of what says nothing for a minute.
    pub heartbeat: Duration,
    /// A front that the operator trusts on the remote listener, beside the one of the settings.
    pub front: Option<TrustedFront>,
    /// How long a call may take before a client that understands tasks gets one for it; none makes no tasks of that era.
    pub task_after: Option<Duration>,
    /// How long running calls may go on after shutdown was asked for, before they are interrupted.
    pub drain: Duration,
}

impl Default for GatewayConfig {
    fn default() -> Self {
        Self {
            peers: Peers::anyone(),
            proxies: Proxies::default(),
            allowed_hosts: Vec::new(),
            allowed_origins: Vec::new(),
            rate_limits: RateLimits::default(),
            max_body_bytes: MESSAGE_MAX,
            limits: Limits {
                connections: 1024,
                per_address: 256,
                head: Duration::from_secs(10),
                body: Duration::from_secs(60),
                silence: Duration::from_secs(60),
                body_bytes: MESSAGE_MAX,
                bodies_bytes: 128 << 20,
            },
            max_sessions: 1024,
            legacy_sessions: true,
            bearer: None,
            remote: None,
            heartbeat: Duration::from_secs(15),
            front: None,
            task_after: Some(Duration::from_secs(5)),
            drain: Duration::from_millis(3_200),
        }
    }
}
