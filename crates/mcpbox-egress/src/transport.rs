//! Sends a decided request to decided addresses and reads the answer within its caps. Knows no names' meaning and no
//! grants: it connects to exactly the addresses it is given.

mod body;
mod connection;
mod dial;
mod pool;
mod tls;

use std::{net::IpAddr, time::Duration};

use http::{HeaderMap, HeaderValue, Method, Request, Response, header};
use hyper::body::Incoming;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use self::{
    body::Reader,
    connection::{Connection, Payload, SendFailure},
    pool::{Key, Pool},
};
use crate::{
    config::BrokerConfig,
    destination::Destination,
    error::{EgressError, FetchError, FetchErrorKind},
    headers,
    hop::Outgoing,
    reply::Reply,
};

/// Connections to hosts, shared by all calls.
pub(crate) struct Transport {
    tls: TlsConnector,
    pool: Pool,
    connect_timeout: Duration,
    reader: Reader,
}

impl Transport {
    /// Reads the trusted roots; connects to nothing.
    pub(crate) fn new(config: &BrokerConfig) -> Result<Self, EgressError> {
        Ok(Self {
            tls: tls::connector(&config.extra_roots)?,
            pool: Pool::new(config.max_idle_connections, Duration::from_millis(config.idle_timeout_ms)),
            connect_timeout: Duration::from_millis(config.connect_timeout_ms),
            reader: Reader::new(config.max_response_bytes, config.max_buffered_bytes),
        })
    }

    /// Sends the request to one of the addresses.
    pub(crate) async fn send(
        &self,
        to: &Destination,
        addresses: &[IpAddr],
        outgoing: Outgoing,
    ) -> Result<Reply, FetchError> {
        let request = outgoing.into_request();
        let is_ntlm = has_connection_credentials(&request);
        loop {
            let mut connection = self.connection(to, addresses).await?;
            match connection.send(request.clone()).await {
                Ok(response) => return self.read(to, connection, response, is_ntlm, request.method()).await,
                // A kept connection that the host has closed meanwhile: nothing has happened yet.
                Err(failure) if connection.is_reused() && failure.may_retry(request.method()) => {
                    self.pool.forget(connection)
                }
                Err(failure) => return Err(broken(to, failure)),
            }
        }
    }

    /// A kept connection to one of the addresses, or a new one.
    async fn connection(&self, to: &Destination, addresses: &[IpAddr]) -> Result<Connection, FetchError> {
        for address in addresses {
            if let Some(kept) = self.pool.take(&Key::new(to, *address)) {
                return Ok(kept);
            }
        }
        let (mut connection, address) =
            timeout(self.connect_timeout, self.open(to, addresses)).await.map_err(|_| {
                let message = format!(
                    "{} does not take the connection within {} s; is it up?",
                    to.authority(),
                    self.connect_timeout.as_secs_f32()
                );
                FetchError::new(FetchErrorKind::ConnectFailed, message)
            })??;
        self.pool.share(&Key::new(to, address), &mut connection);
        Ok(connection)
    }

    async fn open(&self, to: &Destination, addresses: &[IpAddr]) -> Result<(Connection, IpAddr), FetchError> {
        let (stream, address) = dial::dial(addresses, to.port).await.map_err(|error| {
            FetchError::new(
                FetchErrorKind::ConnectFailed,
                format!("cannot connect to {}: {error}; is it up and the port right?", to.authority()),
            )
        })?;
        let connection = if to.is_tls {
            let (stream, is_h2) = tls::wrap(&self.tls, stream, &to.host).await?;
            Connection::handshake(stream, is_h2).await
        } else {
            Connection::handshake(stream, false).await
        };
        let connection = connection.map_err(|error| broken(to, SendFailure::from(error)))?;
        Ok((connection, address))
    }

    async fn read(
        &self,
        to: &Destination,
        connection: Connection,
        response: Response<Incoming>,
        is_ntlm: bool,
        method: &Method,
    ) -> Result<Reply, FetchError> {
        let (parts, body) = response.into_parts();
        let announced = (method != Method::HEAD).then(|| content_length(&parts.headers)).flatten();
        let body = self.reader.read(body, announced).await.map_err(|error| error.explain(to))?;
        // NTLM and Negotiate log the connection in, not the request: such a connection must not serve another call.
        if !is_ntlm && !offers_connection_credentials(&parts.headers) {
            self.pool.put_back(connection);
        }
        let http_version = match parts.version {
            http::Version::HTTP_2 => "HTTP/2",
            http::Version::HTTP_10 => "HTTP/1.0",
            _ => "HTTP/1.1",
        };
        Ok(Reply { status: parts.status.as_u16(), headers: headers::incoming(&parts.headers), body, http_version })
    }
}

impl Outgoing {
    fn into_request(self) -> Request<Payload> {
        let has_empty_body = self.body.is_empty() && matches!(self.method, Method::POST | Method::PUT | Method::PATCH);
        let mut request = Request::new(Payload::new(self.body));
        *request.method_mut() = self.method;
        *request.uri_mut() = self.uri;
        *request.headers_mut() = self.headers;
        if has_empty_body {
            // Hosts wait for a body otherwise (RFC 9110, 8.6).
            request.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        request
    }
}

fn content_length(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn has_connection_credentials(request: &Request<Payload>) -> bool {
    request.headers().get_all(header::AUTHORIZATION).iter().any(|value| is_connection_scheme(value.as_bytes()))
}

fn offers_connection_credentials(headers: &HeaderMap) -> bool {
    headers.get_all(header::WWW_AUTHENTICATE).iter().any(|value| is_connection_scheme(value.as_bytes()))
}

fn is_connection_scheme(value: &[u8]) -> bool {
    let scheme = value.split(|byte| matches!(byte, b' ' | b',')).next().unwrap_or_default();
    scheme.eq_ignore_ascii_case(b"ntlm") || scheme.eq_ignore_ascii_case(b"negotiate")
}

fn broken(to: &Destination, failure: SendFailure) -> FetchError {
    let message = format!(
        "{} did not answer in HTTP: {}; try again, and check port and scheme",
        to.authority(),
        failure.explain()
    );
    FetchError::new(FetchErrorKind::Protocol, message)
}
