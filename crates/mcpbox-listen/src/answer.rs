//! One request and its answer.

use std::{convert::Infallible, net::SocketAddr, sync::Arc};

use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use serde_json::json;
use tracing::Instrument;

use crate::{
    body::{Body, BodyError, Exchange, Sent},
    client::Client,
    house::Phase,
    request::{HEADER, RequestName, trace},
    serve::Front,
};

/// What streams of events are sent as.
const EVENTS: &str = "text/event-stream";

/// Hands a request to whoever knows the answer, and answers itself when it cannot be read or nobody can tell who asks.
pub(crate) async fn answer<H, R, B>(
    front: Arc<Front>,
    exchange: Arc<Exchange>,
    handle: H,
    request: Request<Incoming>,
    peer: Option<SocketAddr>,
) -> Result<Response<Sent<B>>, Infallible>
where
    H: Fn(Request<Body>, Option<SocketAddr>) -> R,
    R: Future<Output = Response<B>>,
{
    let name = RequestName::of(request.headers());
    let is_get = request.method() == Method::GET;
    let client = peer.map(|peer| Client::of(&front.admission.proxies, peer.ip(), request.headers())).transpose();
    let Ok(client) = client else { return Ok(unclear(&front, &exchange)) };
    let (log, trace) = (name.span(front.name, &request, client), trace(front.name, &request));
    let is_awaited = request.headers().contains_key(header::EXPECT);
    let mut request = request.map(|body| Body::new(body, Arc::clone(&exchange), is_awaited));
    request.extensions_mut().insert(name.clone());
    if let Some(client) = client {
        request.extensions_mut().insert(client);
    }
    let response = handle(request, peer).instrument(trace.clone()).instrument(log).await;
    if is_get && response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == EVENTS) {
        exchange.guest.enters(Phase::Listening);
    }
    let is_last = exchange.is_last();
    let mut response = match exchange.trouble() {
        Some(trouble) => troubled(&front, trouble, &exchange),
        None => response.map(|body| Sent::answer(body, exchange)),
    };
    if is_last {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    if let Some(name) = name.header() {
        response.headers_mut().entry(HEADER).or_insert(name);
    }
    trace.record("http.response.status_code", response.status().as_u16());
    front.meter.answered(response.status().as_u16());
    Ok(response)
}

/// The answer to a request whose body was not read to its end by our doing.
fn troubled<B>(front: &Front, trouble: BodyError, exchange: &Arc<Exchange>) -> Response<Sent<B>> {
    let (status, reason, detail) = match trouble {
        BodyError::Crowded => (
            StatusCode::SERVICE_UNAVAILABLE,
            "large_bodies",
            "Too many large requests are being read at once. Send it again in a few seconds.",
        ),
        BodyError::Slow | BodyError::Broken => (
            StatusCode::REQUEST_TIMEOUT,
            "slow_body",
            "The request did not arrive in time. Send it again, over a faster connection or in smaller parts.",
        ),
    };
    front.meter.refused(reason);
    let mut response = problem(exchange, status, &trouble.to_string(), detail);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
    response
}

/// The answer to a request of which a trusted proxy does not say who sent it. Whoever it is, nobody else's allowance is used for it.
fn unclear<B>(front: &Front, exchange: &Arc<Exchange>) -> Response<Sent<B>> {
    front.meter.refused("unclear_client");
    front.meter.answered(StatusCode::BAD_REQUEST.as_u16());
    let detail = "A proxy that MCPBOX_TRUSTED_PROXIES names sent an X-Forwarded-For or X-Forwarded-Proto that cannot be read. Have the proxy \
                  set both itself: the address of its client, and http or https.";
    problem(exchange, StatusCode::BAD_REQUEST, "it is not clear who asks", detail)
}

/// A problem of the front itself, after which the connection ends.
fn problem<B>(exchange: &Arc<Exchange>, status: StatusCode, title: &str, detail: &str) -> Response<Sent<B>> {
    let problem = json!({"type": "about:blank", "title": title, "status": status.as_u16(), "detail": detail});
    let mut response = Response::new(Sent::front(problem.to_string().into(), Arc::clone(exchange)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}
