//! Sends a decided request to decided addresses and reads the answer within its caps. Knows no names' meaning and no
//! grants: it connects to exactly the addresses it is given.

mod body;
mod connection;
mod dial;
mod payload;
mod pool;
mod tls;

use std::{net::IpAddr, sync::Arc, time::Duration};

use http::{HeaderMap, HeaderValue, Method, Request, Response, header};
use hyper::body::Incoming;
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::TlsConnector;

pub(crate) use self::{body::LiveBody, payload::Payload};
use self::{
    connection::{Connection, SendFailure},
    pool::{Key, Pool},
};
use crate::{
    config::BrokerConfig,
    destination::Destination,
    error::{EgressError, FetchError, FetchErrorKind},
    headers,
    hop::Outgoing,
    reply::{Reply, Source, too_large},
    traffic::Carried,
    upload::UploadState,
};

/// Connections to hosts, shared by all calls.
pub(crate) struct Transport {
    tls: TlsConnector,
    pool: Arc<Pool>,
    connect_timeout: Duration,
    max_response_bytes: usize,
    pub(crate) carried: Arc<Carried>,
}

impl Transport {
    /// Reads the trusted roots; connects to nothing.
    pub(crate) fn new(config: &BrokerConfig) -> Result<Self, EgressError> {
        Ok(Self {
            tls: tls::connector(&config.extra_roots)?,
            pool: Arc::new(Pool::new(config.max_idle_connections, Duration::from_millis(config.idle_timeout_ms))),
            connect_timeout: Duration::from_millis(config.connect_timeout_ms),
            max_response_bytes: config.max_response_bytes,
            carried: Arc::default(),
        })
    }

    /// Sends the request to one of the addresses. The answer's body is read by whoever wants it.
    pub(crate) async fn send(
        &self,
        to: &Destination,
        addresses: &[IpAddr],
        mut outgoing: Outgoing,
    ) -> Result<Reply, FetchError> {
        match &mut outgoing.body {
            Payload::Whole(bytes) => self.carried.sent(bytes.len()),
            Payload::Parts(body) => body.count_into(Arc::clone(&self.carried)),
        }
        let upload = outgoing.upload();
        let (uri, method) = (outgoing.uri.clone(), outgoing.method.clone());
        let mut request = outgoing.into_request();
        let is_ntlm = has_connection_credentials(&request);
        loop {
            let mut connection = self.connection(to, addresses).await?;
            // A kept connection that the host has closed meanwhile: nothing has happened yet.
            let copy = if connection.is_reused() { safe_copy(&request) } else { None };
            match connection.send(request).await {
                Ok(response) => return self.begin(to, connection, response, is_ntlm, &method, upload),
                Err(failure) if connection.is_reused() => {
                    request = failure.again(copy).map_err(|failure| broken(to, failure, upload.as_deref()))?;
                    request.headers_mut().remove(header::HOST);
                    *request.uri_mut() = uri.clone();
                    self.pool.forget(connection);
                }
                Err(failure) => return Err(broken(to, failure, upload.as_deref())),
            }
        }
    }

    /// Connects to one of the addresses, for a tunnel through which others speak.
    pub(crate) async fn tunnel(&self, to: &Destination, addresses: &[IpAddr]) -> Result<TcpStream, FetchError> {
        let dialled = timeout(self.connect_timeout, dial::dial(addresses, to.port)).await;
        let dialled = dialled.map_err(|_| self.too_slow(to))?;
        dialled.map(|(stream, _)| stream).map_err(|error| unconnected(to, &error))
    }

    /// A kept connection to one of the addresses, or a new one.
    async fn connection(&self, to: &Destination, addresses: &[IpAddr]) -> Result<Connection, FetchError> {
        for address in addresses {
            if let Some(kept) = self.pool.take(&Key::new(to, *address)) {
                return Ok(kept);
            }
        }
        let (mut connection, address) =
            timeout(self.connect_timeout, self.open(to, addresses)).await.map_err(|_| self.too_slow(to))??;
        self.pool.share(&Key::new(to, address), &mut connection);
        Ok(connection)
    }

    async fn open(&self, to: &Destination, addresses: &[IpAddr]) -> Result<(Connection, IpAddr), FetchError> {
        let (stream, address) = dial::dial(addresses, to.port).await.map_err(|error| unconnected(to, &error))?;
        let connection = if to.is_tls {
            let (stream, is_h2) = tls::wrap(&self.tls, stream, &to.host).await?;
            Connection::handshake(stream, is_h2).await
        } else {
            Connection::handshake(stream, false).await
        };
        let connection = connection.map_err(|error| broken(to, SendFailure::from(error), None))?;
        Ok((connection, address))
    }

    fn too_slow(&self, to: &Destination) -> FetchError {
        let seconds = self.connect_timeout.as_secs_f32();
        let message = format!("{} does not take the connection within {seconds} s; is it up?", to.authority());
        FetchError::new(FetchErrorKind::ConnectFailed, message)
    }

    fn begin(
        &self,
        to: &Destination,
        connection: Connection,
        response: Response<Incoming>,
        is_ntlm: bool,
        method: &Method,
        upload: Option<Arc<UploadState>>,
    ) -> Result<Reply, FetchError> {
        let (parts, body) = response.into_parts();
        let announced = (method != Method::HEAD).then(|| content_length(&parts.headers)).flatten();
        if announced.is_some_and(|announced| announced > self.max_response_bytes) {
            return Err(too_large(self.max_response_bytes));
        }
        // NTLM and Negotiate log the connection in, not the request: such a connection must not serve another call.
        let is_kept = !is_ntlm && !offers_connection_credentials(&parts.headers);
        let pool = is_kept.then(|| Arc::clone(&self.pool));
        let body = LiveBody::new(body, connection, pool, upload, to.authority(), self.max_response_bytes)
            .counted(Arc::clone(&self.carried));
        let http_version = match parts.version {
            http::Version::HTTP_2 => "HTTP/2",
            http::Version::HTTP_10 => "HTTP/1.0",
            _ => "HTTP/1.1",
        };
        let headers = headers::incoming(&parts.headers);
        Ok(Reply::new(parts.status.as_u16(), headers, http_version, Source::Live(Box::new(body))))
    }
}

/// The request once more, if doing it twice does no harm.
fn safe_copy(request: &Request<Payload>) -> Option<Request<Payload>> {
    if !request.method().is_safe() {
        return None;
    }
    let mut copy = Request::new(request.body().copy()?);
    *copy.method_mut() = request.method().clone();
    *copy.headers_mut() = request.headers().clone();
    Some(copy)
}

impl Outgoing {
    fn upload(&self) -> Option<Arc<UploadState>> {
        match &self.body {
            Payload::Whole(_) => None,
            Payload::Parts(body) => Some(body.state()),
        }
    }

    fn into_request(self) -> Request<Payload> {
        let is_empty = matches!(&self.body, Payload::Whole(bytes) if bytes.is_empty());
        let has_empty_body = is_empty && matches!(self.method, Method::POST | Method::PUT | Method::PATCH);
        let mut request = Request::new(self.body);
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

fn unconnected(to: &Destination, error: &std::io::Error) -> FetchError {
    let message = format!("cannot connect to {}: {error}; is it up and the port right?", to.authority());
    FetchError::new(FetchErrorKind::ConnectFailed, message)
}

/// Why there is no answer: this side's own reason, if it had one, or what became of the connection.
fn broken(to: &Destination, failure: SendFailure, upload: Option<&UploadState>) -> FetchError {
    if let Some(trouble) = upload.and_then(UploadState::trouble) {
        return trouble;
    }
    let message = format!(
        "{} did not answer in HTTP: {}; try again, and check port and scheme",
        to.authority(),
        failure.explain()
    );
    FetchError::new(FetchErrorKind::Protocol, message)
}
