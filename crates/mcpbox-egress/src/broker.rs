//! The broker: what all sessions share (TLS configuration, name resolution, connections).

use std::sync::Arc;

use crate::{
    config::{BrokerConfig, NameResolution},
    error::EgressError,
    resolve::{Resolve, SystemResolver},
    session::{Session, SessionGrants},
    transport::Transport,
};

/// Sends the HTTP requests of tools. One per process; cheap to share.
pub struct Broker {
    pub(crate) config: BrokerConfig,
    pub(crate) resolver: Arc<dyn Resolve>,
    pub(crate) transport: Transport,
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
        Ok(Arc::new(Self { config, resolver, transport }))
    }

    /// Opens the session of one call.
    pub fn session(self: &Arc<Self>, grants: SessionGrants) -> Session {
        Session::open(Arc::clone(self), grants)
    }
}
