//! A connection through which a tool speaks TLS itself: decided like a request, then out of sight.

use tokio::{net::TcpStream, sync::OwnedSemaphorePermit};

use super::Session;
use crate::{
    attempts::OpenAttempt,
    destination::{Destination, apparent_host},
    error::FetchError,
    gate,
};

/// The method in evidence. A grant for one method does not allow it: which methods go through cannot be seen.
const METHOD: &str = "CONNECT";

/// A connection to an address that was decided on.
pub(crate) struct Tunnel {
    pub(crate) to: Destination,
    pub(crate) stream: TcpStream,
    pub(crate) limits: TunnelLimits,
    pub(crate) attempt: OpenAttempt,
    _slot: OwnedSemaphorePermit,
}

impl Tunnel {
    /// Closes the connection; where it led.
    pub(crate) fn close(self) -> Destination {
        self.to
    }
}

/// What may go through.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TunnelLimits {
    pub(crate) sent_bytes: usize,
    pub(crate) received_bytes: usize,
    pub(crate) time_ms: u64,
}

impl Session {
    /// Connects to `host:port`, if that is granted.
    pub(crate) async fn tunnel(&self, authority: &str) -> Result<Tunnel, FetchError> {
        self.try_tunnel(authority).await.map_err(|error| self.cleaned(error))
    }

    async fn try_tunnel(&self, authority: &str) -> Result<Tunnel, FetchError> {
        let url = format!("https://{authority}/");
        let to = Destination::parse(&url).inspect_err(|error| {
            let (host, port) = apparent_host(&url);
            self.log.refuse(host, port, METHOD, error);
        })?;
        let attempt = self.log.open(&to, METHOD);
        let connected = self.connect(&to).await.inspect_err(|error| attempt.close_with(error));
        let (stream, slot) = connected?;
        let config = &self.broker.config;
        let limits = TunnelLimits {
            sent_bytes: config.max_request_bytes,
            received_bytes: config.max_response_bytes,
            time_ms: config.exchange_timeout_ms,
        };
        Ok(Tunnel { to, stream, limits, attempt, _slot: slot })
    }

    async fn connect(&self, to: &Destination) -> Result<(TcpStream, OwnedSemaphorePermit), FetchError> {
        if self.http_mocks.is_some() {
            let message = "in a run with mocks nothing goes to the network, and what goes through a tunnel cannot be \
                           mocked; use http, or run it without http_mocks";
            return Err(FetchError::denied(&to.host, to.port, message));
        }
        let granted = gate::check_grant(&self.hosts, to, METHOD)?;
        let slot = self.slot(std::time::Duration::from_millis(self.broker.config.request_timeout_ms)).await?;
        let addresses = gate::approve_addresses(&*self.broker.resolver, &self.broker.nat64, to, granted).await?;
        Ok((self.broker.transport.tunnel(to, &addresses).await?, slot))
    }
}
