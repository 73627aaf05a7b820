//! What handlers and guards share.

use std::sync::Arc;

use http::Extensions;
use mcpbox_catalog::Catalog;
use mcpbox_listen::Client;
use tokio_util::sync::CancellationToken;

use crate::{
    AdminConfig, Connect, Door,
    guard::{host::AllowedHosts, rate::Limits},
    peer::Https,
};

/// Shared by all requests of one door.
#[derive(Clone)]
pub(crate) struct AdminState {
    /// The hub.
    pub(crate) catalog: Arc<Catalog>,
    /// How often one may ask.
    pub(crate) limits: Arc<Limits>,
    /// Which `Host` values are served.
    pub(crate) hosts: Arc<AllowedHosts>,
    /// Whether browsers always come by https; otherwise a trusted proxy says so of each request.
    cookie_secure: bool,
    /// Whether browsers are told to come by https alone.
    pub(crate) hsts: bool,
    /// Held while a password of the socket is checked.
    pub(crate) password_turn: Arc<tokio::sync::Mutex<()>>,
    /// How MCP clients connect.
    pub(crate) connect: Arc<Connect>,
    /// Ends event streams.
    pub(crate) shutdown: CancellationToken,
}

impl AdminState {
    pub(crate) fn new(catalog: Arc<Catalog>, config: &AdminConfig, door: Door, shutdown: CancellationToken) -> Self {
        let hosts = match door {
            Door::Listener(address) => AllowedHosts::new(address, &config.allowed_hosts),
            Door::Socket => AllowedHosts::default(),
        };
        Self {
            catalog,
            limits: Arc::new(Limits::new(config.rate_limit.clone())),
            hosts: Arc::new(hosts),
            cookie_secure: config.cookie_secure,
            hsts: config.hsts,
            password_turn: Arc::default(),
            connect: Arc::new(config.connect.clone()),
            shutdown,
        }
    }

    /// Whether the browser that sent a request reaches us by https.
    pub(crate) fn https(&self, request: &Extensions) -> Https {
        Https(self.cookie_secure || request.get::<Client>().is_some_and(|client| client.is_https))
    }
}
