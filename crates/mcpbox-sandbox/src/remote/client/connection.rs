//! HTTP to workers: pooled connections, https where the address says so. The addresses are the operator's own, so they do not pass
//! through egress, which would refuse the private ones.

use std::{net::IpAddr, time::Duration};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    Method, Request, Response,
    body::Incoming,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue},
};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, Error, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use mcpbox_core::bearer::BearerKey;
use secrecy::ExposeSecret;
use url::Url;

use super::{
    super::wire::{PROTOCOL, PROTOCOL_HEADER},
    WorkersError,
};

/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// Idle connections are let go of well before the worker does.
const IDLE: Duration = Duration::from_secs(15);
/// Idle connections kept per worker.
const IDLE_MAX: usize = 64;
/// A connection whose data nobody acknowledges for this long is broken.
const SILENCE: Duration = Duration::from_secs(8);

/// Shared by all workers.
#[derive(Debug)]
pub(super) struct Connections {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    key: HeaderValue,
}

impl Connections {
    pub(super) fn new(urls: &[Url], key: &BearerKey) -> Result<Self, WorkersError> {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
        tcp.set_keepalive(Some(SILENCE));
        tcp.set_tcp_user_timeout(Some(SILENCE));
        let builder = HttpsConnectorBuilder::new();
        let tls = if urls.iter().any(|url| url.scheme() == "https") {
            let provider = rustls::crypto::ring::default_provider();
            builder.with_provider_and_native_roots(provider).map_err(WorkersError::Authorities)?
        } else {
            builder.with_tls_config(trusts_nobody())
        };
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(IDLE_MAX)
            .build(tls.https_or_http().enable_http1().wrap_connector(tcp));
        let mut key = HeaderValue::from_str(key.header().expose_secret()).map_err(|_| WorkersError::Key)?;
        key.set_sensitive(true);
        Ok(Self { client, key })
    }

    /// Sends a request and waits for the head of the answer.
    pub(super) async fn send(&self, method: Method, uri: &str, body: Bytes) -> Result<Response<Incoming>, SendError> {
        let mut request = Request::builder()
            .method(method)
            .uri(uri)
            .header(AUTHORIZATION, &self.key)
            .header(CONTENT_TYPE, "application/json")
            .header(PROTOCOL_HEADER, PROTOCOL)
            .body(Full::new(body))
            .map_err(|error| SendError::NotSent(error.to_string()))?;
        mcpbox_listen::pass_trace(request.headers_mut());
        self.client.request(request).await.map_err(|error| SendError::of(&error))
    }
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum SendError {
    /// There was no connection: the worker certainly heard nothing.
    NotSent(String),
    /// It may have heard everything.
    Broken(String),
}

impl SendError {
    fn of(error: &Error) -> Self {
        let mut text = error.to_string();
        let mut cause = std::error::Error::source(error);
        while let Some(next) = cause {
            text = next.to_string();
            cause = next.source();
        }
        if error.is_connect() { Self::NotSent(text) } else { Self::Broken(text) }
    }
}

/// For addresses without https.
fn trusts_nobody() -> rustls::ClientConfig {
    rustls::ClientConfig::builder().with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth()
}

/// Whether packets to this address stay in a private network: key, sources, arguments and secrets travel in the clear over http.
pub(super) fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            let is_shared = a == 100 && (64..128).contains(&b); // RFC 6598; overlay networks use it
            v4.is_private() || v4.is_loopback() || v4.is_link_local() || is_shared
        }
        IpAddr::V6(v6) => v6.is_unique_local() || v6.is_loopback() || v6.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_networks_are_told_from_the_internet() {
        for private in
            ["10.1.2.3", "172.16.0.1", "192.168.9.9", "127.0.0.1", "100.64.0.1", "fd00::1", "::1", "::ffff:10.0.0.1"]
        {
            assert!(is_private(private.parse().unwrap()), "{private}");
        }
        for public in ["93.184.216.34", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:8.8.8.8", "0.0.0.0"] {
            assert!(!is_private(public.parse().unwrap()), "{public}");
        }
    }
}
