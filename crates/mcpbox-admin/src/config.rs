//! What can be set about the admin listener. Values arrive checked from the binary; nothing here reads the environment.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use axum::Router;
use futures::future::BoxFuture;
use mcpbox_core::{bearer::BearerKey, peers::Peers, proxies::Proxies};
use mcpbox_listen::{Limits, LoginLimit};
use serde::Serialize;
use tokio::sync::Semaphore;
use utoipa::ToSchema;

/// Settings of the admin listener and of the command line's socket.
#[derive(Debug, Clone)]
pub struct AdminConfig {
    /// Who may connect to the listener. Others are hung up on before anything of theirs is read.
    pub peers: Peers,
    /// Whose word about a client's address, and whether it comes by https, counts.
    pub proxies: Proxies,
    /// Further values of the `Host` header that are served: `host` (any port) or `host:port`. The listener's own
    /// address, and `localhost` when that is a loopback address, are always served.
    pub allowed_hosts: Vec<String>,
    /// How often one client address may ask.
    pub rate_limit: RateLimit,
    /// Whether browsers always reach the listener by https: cookies get `Secure` and the `__Host-` prefix. They also do when a trusted
    /// proxy says so of a request.
    pub cookie_secure: bool,
    /// Whether browsers that came by https are told to come by nothing else for a year.
    pub hsts: bool,
    /// Largest request body, bytes.
    pub max_body_bytes: usize,
    /// What clients may do, however many and slow.
    pub limits: Limits,
    /// What answers outside `/api`.
    pub ui: Router,
    /// What `/metrics` and `/health/detail` answer, if they are there.
    pub monitor: Option<Monitor>,
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
    /// Where clients elsewhere connect, if they may.
    pub public: Option<PublicAddress>,
}

/// Where clients elsewhere connect.
#[derive(Clone)]
pub struct PublicAddress {
    /// `https://host`.
    pub url: String,
    /// Walks what such a client walks.
    pub walk: Arc<dyn Fn() -> BoxFuture<'static, Vec<Hop>> + Send + Sync>,
    /// Held by the one check that may run.
    pub turn: Arc<Semaphore>,
}

impl std::fmt::Debug for PublicAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PublicAddress").field("url", &self.url).finish_non_exhaustive()
    }
}

/// A step on the way from a client to the box.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Hop {
    /// Its name.
    pub name: String,
    /// What is wanted there.
    pub wanted: String,
    /// What was found.
    pub got: String,
    /// Whether that is as wanted.
    pub is_ok: bool,
    /// Why it matters.
    pub why: String,
    /// What to do, when it is not.
    pub fix: String,
}

/// What an operator's programs read: numbers and how the parts are. Names of servers and tools, never arguments or secrets.
#[derive(Clone)]
pub struct Monitor {
    /// Makes the text for Prometheus.
    pub metrics: Arc<dyn Fn() -> BoxFuture<'static, String> + Send + Sync>,
    /// Its format.
    pub content_type: &'static str,
    /// Looks how the parts are.
    pub health: Arc<dyn Fn() -> BoxFuture<'static, HealthReport> + Send + Sync>,
    /// Who shows it may read them from anywhere. Without one, programs on this machine may read the metrics.
    pub token: Option<BearerKey>,
}

/// How the parts are.
#[derive(Debug, Clone)]
pub struct HealthReport {
    /// Whether calls can be served.
    pub is_ready: bool,
    /// All that was looked at, a JSON object.
    pub detail: serde_json::Value,
}

impl std::fmt::Debug for Monitor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Monitor").field("token", &self.token).finish_non_exhaustive()
    }
}

impl Default for AdminConfig {
    fn default() -> Self {
        Self {
            peers: Peers::anyone(),
            proxies: Proxies::default(),
            allowed_hosts: Vec::new(),
            rate_limit: RateLimit::default(),
            cookie_secure: false,
            hsts: false,
            max_body_bytes: 10 << 20,
            limits: Limits {
                connections: 512,
                per_address: 128,
                head: Duration::from_secs(10),
                body: Duration::from_secs(60),
                silence: Duration::from_secs(60),
                body_bytes: 10 << 20,
                bodies_bytes: 64 << 20,
            },
            ui: Router::new(),
            monitor: None,
            connect: Connect::default(),
        }
    }
}

/// How often one client address may ask.
#[derive(Debug, Clone)]
pub struct RateLimit {
    /// All requests under `/api`, a minute; none is unlimited.
    pub requests: Option<NonZeroU32>,
    /// Attempts to log in or to set up; on the command line's socket: wrong passwords. Counted together with those at other listeners
    /// that are given a clone.
    pub logins: LoginLimit,
}

impl RateLimit {
    /// No limits: for benchmarks and tests only, since passwords can then be guessed at full speed.
    pub fn off() -> Self {
        Self { requests: None, logins: LoginLimit::per_minute(None) }
    }
}

impl Default for RateLimit {
    fn default() -> Self {
        Self { requests: NonZeroU32::new(600), logins: LoginLimit::default() }
    }
}
