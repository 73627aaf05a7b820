//! The broker: what all sessions share (TLS configuration, name resolution, connections).

use std::sync::Arc;

use crate::{
    authorities,
    budget::Budget,
    config::{BrokerConfig, NameResolution},
    error::EgressError,
    nat64::Nat64,
    resolve::{Resolve, SystemResolver},
    session::{Session, SessionGrants},
    traffic::Traffic,
    transport::Transport,
};

/// Sends the HTTP requests of tools. One per process; cheap to share.
pub struct Broker {
    pub(crate) config: BrokerConfig,
    pub(crate) resolver: Arc<dyn Resolve>,
    pub(crate) transport: Transport,
    /// For answers that are read as a whole.
    pub(crate) budget: Budget,
    pub(crate) nat64: Nat64,
}

impl Broker {
    /// Builds a broker; reads certificate files, sends nothing.
    ///
    /// # Errors
    /// [`EgressError`] when an extra root cannot be used.
    pub fn new(config: BrokerConfig) -> Result<Arc<Self>, EgressError> {
        let transport = Transport::new(&config)?;
        let resolver = match &config.names {
            NameResolution::System => Arc::new(SystemResolver::new("/etc/hosts", "/etc/resolv.conf")),
            NameResolution::Custom(resolver) => Arc::clone(resolver),
        };
        let budget = Budget::new(config.max_buffered_bytes);
        Ok(Arc::new(Self { config, resolver, transport, budget, nat64: Nat64::default() }))
    }

    /// The certificate authorities that hosts are checked against, in PEM, for packages that speak TLS themselves: the
    /// system's and the admin's extra ones. Empty when the system has none that can be read.
    ///
    /// # Errors
    /// [`EgressError`] when a file of extra ones cannot be read any more.
    pub fn authorities(&self) -> Result<String, EgressError> {
        authorities::pem(&self.config.extra_roots)
    }

    /// Bytes of bodies carried so far, without those of packages that speak for themselves.
    pub fn traffic(&self) -> Traffic {
        self.transport.carried.sum()
    }

    /// Opens the session of one call.
    pub fn session(self: &Arc<Self>, grants: SessionGrants) -> Session {
        Session::new(Arc::clone(self), grants)
    }
}
