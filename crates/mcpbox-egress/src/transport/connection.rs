//! One HTTP connection and the task that drives it. The task ends with the connection: whoever drops the connection
//! closes the socket.

use std::sync::Arc;

use http::{HeaderValue, Request, Response, Uri, header, uri::PathAndQuery};
use hyper::{
    body::Incoming,
    client::conn::{TrySendError, http1, http2},
};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    task::AbortHandle,
};

use super::{payload::Payload, pool::Key};

const MAX_HEAD_BYTES: usize = 128 * 1024;
const MAX_HEADER_LIST_BYTES: u32 = 64 * 1024;
/// What a host may send before somebody reads it: of one answer, and of all on a connection.
const STREAM_WINDOW_BYTES: u32 = 512 * 1024;
const CONNECTION_WINDOW_BYTES: u32 = 2 * 1024 * 1024;

/// A connection that is ours alone (HTTP/1) or shared (HTTP/2).
pub(crate) struct Connection {
    sender: Sender,
    driver: Arc<Driver>,
    /// Set once it belongs to a pool.
    pub(super) key: Option<Key>,
    is_reused: bool,
}

enum Sender {
    H1(http1::SendRequest<Payload>),
    H2(http2::SendRequest<Payload>),
}

/// Ends the task when the last user of the connection is gone.
struct Driver(AbortHandle);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Connection {
    /// Speaks HTTP on a stream.
    pub(super) async fn handshake<S>(stream: S, is_h2: bool) -> hyper::Result<Self>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let io = TokioIo::new(stream);
        let (sender, task) = if is_h2 {
            let mut builder = http2::Builder::new(TokioExecutor::new());
            builder
                .timer(TokioTimer::new())
                .max_header_list_size(MAX_HEADER_LIST_BYTES)
                .initial_stream_window_size(STREAM_WINDOW_BYTES)
                .initial_connection_window_size(CONNECTION_WINDOW_BYTES);
            let (sender, driving) = builder.handshake(io).await?;
            (Sender::H2(sender), tokio::spawn(driving))
        } else {
            let mut builder = http1::Builder::new();
            builder.max_buf_size(MAX_HEAD_BYTES);
            let (sender, driving) = builder.handshake(io).await?;
            (Sender::H1(sender), tokio::spawn(driving))
        };
        let driver = Arc::new(Driver(task.abort_handle()));
        Ok(Self { sender, driver, key: None, is_reused: false })
    }

    /// Sends a request whose URI is absolute; the form on the wire is the connection's matter.
    pub(super) async fn send(&mut self, request: Request<Payload>) -> Result<Response<Incoming>, SendFailure> {
        let ready = match &mut self.sender {
            Sender::H1(sender) => sender.ready().await,
            Sender::H2(sender) => sender.ready().await,
        };
        if let Err(error) = ready {
            return Err(SendFailure::unsent(error, request));
        }
        let sent = match &mut self.sender {
            Sender::H1(sender) => sender.try_send_request(origin_form(request)).await,
            Sender::H2(sender) => sender.try_send_request(request).await,
        };
        sent.map_err(SendFailure::from_try)
    }

    /// Whether it was used before.
    pub(super) fn is_reused(&self) -> bool {
        self.is_reused
    }

    /// Whether it can take no further request.
    pub(super) fn is_closed(&self) -> bool {
        match &self.sender {
            Sender::H1(sender) => sender.is_closed(),
            Sender::H2(sender) => sender.is_closed(),
        }
    }

    /// Another handle of a connection that many may use at once (HTTP/2).
    pub(super) fn shared(&self) -> Option<Self> {
        match &self.sender {
            Sender::H1(_) => None,
            Sender::H2(sender) => Some(Self {
                sender: Sender::H2(sender.clone()),
                driver: Arc::clone(&self.driver),
                key: self.key.clone(),
                is_reused: true,
            }),
        }
    }

    /// The same, marked as used before.
    pub(super) fn reused(mut self) -> Self {
        self.is_reused = true;
        self
    }
}

/// HTTP/1 wants the path in the request line and the host in a header (RFC 9112, 3.2).
fn origin_form(mut request: Request<Payload>) -> Request<Payload> {
    let uri = std::mem::take(request.uri_mut());
    if let Some(host) = uri.authority().and_then(|authority| HeaderValue::from_str(authority.as_str()).ok()) {
        request.headers_mut().insert(header::HOST, host);
    }
    let target = uri.path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
    *request.uri_mut() = Uri::from(target);
    request
}

/// Why a request got no answer.
pub(crate) struct SendFailure {
    error: hyper::Error,
    /// The request, when nothing of it went out.
    unsent: Option<Box<Request<Payload>>>,
}

impl From<hyper::Error> for SendFailure {
    fn from(error: hyper::Error) -> Self {
        Self { error, unsent: None }
    }
}

impl SendFailure {
    fn unsent(error: hyper::Error, request: Request<Payload>) -> Self {
        Self { error, unsent: Some(Box::new(request)) }
    }

    fn from_try(mut error: TrySendError<Request<Payload>>) -> Self {
        let unsent = error.take_message().map(Box::new);
        Self { error: error.into_error(), unsent }
    }

    /// The request to send again, if that cannot do anything twice (RFC 9110, 9.2.1 and 9.2.2): it never went out, or it
    /// is `copy`, which there is only of safe ones.
    pub(super) fn again(self, copy: Option<Request<Payload>>) -> Result<Request<Payload>, Self> {
        let is_answered = self.error.is_parse() || self.error.is_timeout();
        match (self.unsent, copy) {
            (Some(request), _) => Ok(*request),
            (None, Some(copy)) if !is_answered => Ok(copy),
            (unsent, _) => Err(Self { error: self.error, unsent }),
        }
    }

    /// The reason in words for users.
    pub(super) fn explain(&self) -> String {
        if self.error.is_parse_too_large() {
            "its headers are too large".to_owned()
        } else if self.error.is_parse() {
            "what it sent is not HTTP".to_owned()
        } else if self.error.is_incomplete_message() || self.error.is_closed() || self.error.is_canceled() {
            "it closed the connection".to_owned()
        } else {
            self.error.to_string()
        }
    }
}
