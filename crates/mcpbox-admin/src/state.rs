//! What handlers and guards share.

use std::sync::Arc;

use mcpbox_catalog::Catalog;
use tokio_util::sync::CancellationToken;

use crate::{
    AdminConfig, Connect, Door,
    guard::{host::AllowedHosts, rate::Limits},
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
    /// Whether cookies are for https only.
    pub(crate) cookie_secure: bool,
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
            limits: Arc::new(Limits::new(config.rate_limit)),
            hosts: Arc::new(hosts),
            cookie_secure: config.cookie_secure,
            password_turn: Arc::default(),
            connect: Arc::new(config.connect.clone()),
            shutdown,
        }
    }
}
