//! Plain requests inside of a tunnel: some HTTP libraries ask for one even then (Node.js among them). Each goes the way of every
//! other request, to the host that the tunnel was asked for, and to no other.

use std::convert::Infallible;

use http::{Method, Request, StatusCode, Uri, uri::PathAndQuery};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

use super::{
    Caller,
    answer::{self, Answer},
    forward, http1,
};
use crate::destination::Destination;

/// What requests begin with.
const METHODS: [Method; 7] =
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];

/// Whether these first bytes are a request's.
pub(super) fn begins(bytes: &[u8]) -> bool {
    METHODS
        .iter()
        .any(|method| bytes.strip_prefix(method.as_str().as_bytes()).is_some_and(|rest| rest.starts_with(b" /")))
}

/// Answers requests to `to` until the other end is done.
pub(super) async fn serve(caller: Caller, to: &Destination, stream: impl AsyncRead + AsyncWrite + Unpin) {
    let host = if to.host.contains(':') { format!("[{}]", to.host) } else { to.host.clone() };
    let authority = format!("{host}:{}", to.port);
    let service = service_fn(|request| {
        let (caller, authority) = (caller.clone(), authority.clone());
        async move { Ok::<_, Infallible>(send(caller, &authority, request).await) }
    });
    // The other end is a tool's: how it breaks off is of no interest.
    let _ended = http1().serve_connection(TokioIo::new(stream), service).await;
}

async fn send(caller: Caller, authority: &str, mut request: Request<Incoming>) -> Answer {
    let path = request.uri().path_and_query().map_or("/", PathAndQuery::as_str);
    // One in absolute form names its host itself, and need not mean this one.
    let whole = Uri::try_from(format!("http://{authority}{path}")).ok().filter(|_| request.uri().authority().is_none());
    let Some(whole) = whole else {
        return answer::plain(StatusCode::BAD_REQUEST, "a request inside of a tunnel begins with its path");
    };
    *request.uri_mut() = whole;
    forward::send(caller, request).await
}
