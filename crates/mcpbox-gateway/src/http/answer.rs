//! How a POST is answered: as JSON when one message is the whole answer, as an event stream when progress comes
//! before it. When the client lets go of the answer, the call is cancelled.

use axum::{body::Body, response::Response};
use bytes::Bytes;
use futures::{Stream, StreamExt};
use http::{HeaderValue, StatusCode, header, response::Parts};
use serde_json::Value;
use tokio_util::sync::DropGuard;

use super::refusal::{INVALID_REQUEST, REFUSED, Refusal};
use crate::exchange::Exchange;

type Chunk = Result<Bytes, axum::Error>;

/// Finishes the answer of the SDK to a POST. `hold` cancels the call when it is dropped before the answer is out.
pub(super) async fn finish(response: Response, exchange: &Exchange, hold: DropGuard) -> Response {
    let (mut parts, body) = explain(response).await.into_parts();
    if !is_content(&parts, "text/event-stream") {
        return Response::from_parts(parts, body);
    }
    let mut events = body.into_data_stream();
    let first = tokio::select! {
        first = events.next() => first,
        () = exchange.unanswered.cancelled() => None,
    };
    match first.as_ref().and_then(|chunk| chunk.as_ref().ok()).and_then(whole_answer) {
        Some(message) => {
            parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            parts.headers.remove("x-accel-buffering");
            Response::from_parts(parts, Body::from(message))
        }
        None => Response::from_parts(parts, Body::from_stream(held(first, events, exchange.clone(), hold))),
    }
}

/// The stream, which keeps the call alive as long as it is read, and ends when no answer will come.
fn held(
    first: Option<Chunk>,
    rest: impl Stream<Item = Chunk> + Send + 'static,
    exchange: Exchange,
    hold: DropGuard,
) -> impl Stream<Item = Chunk> + Send + 'static {
    let unanswered = exchange.unanswered.clone().cancelled_owned();
    futures::stream::iter(first).chain(rest).take_until(unanswered).map(move |chunk| {
        let _kept_until_the_stream_is_dropped = (&hold, &exchange);
        chunk
    })
}

/// The message in an event, when it is a final answer.
fn whole_answer(event: &Bytes) -> Option<Bytes> {
    let text = std::str::from_utf8(event).ok()?;
    let mut data =
        text.lines().filter_map(|line| line.strip_prefix("data:")).map(|line| line.strip_prefix(' ').unwrap_or(line));
    let message = data.next().filter(|message| !message.is_empty())?;
    if data.next().is_some() {
        return None;
    }
    let parsed: Envelope<'_> = serde_json::from_str(message).ok()?;
    let is_answer = parsed.method.is_none() && (parsed.result.is_some() || parsed.error.is_some());
    is_answer.then(|| event.slice_ref(message.as_bytes()))
}

#[derive(serde::Deserialize)]
struct Envelope<'a> {
    method: Option<Value>,
    #[serde(borrow)]
    result: Option<&'a serde_json::value::RawValue>,
    #[serde(borrow)]
    error: Option<&'a serde_json::value::RawValue>,
}

fn is_content(parts: &Parts, essence: &str) -> bool {
    let given = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    given.is_some_and(|given| given.split(';').next().is_some_and(|given| given.trim().eq_ignore_ascii_case(essence)))
}

/// The answer of the SDK, not to be stored; its plain texts about errors become JSON-RPC errors that say what to do.
pub(super) async fn explain(response: Response) -> Response {
    use axum::response::IntoResponse;
    let (mut parts, body) = response.into_parts();
    parts.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if parts.status.is_success() || is_content(&parts, "application/json") {
        return Response::from_parts(parts, body);
    }
    let text = axum::body::to_bytes(body, 64 << 10).await.unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    // The media type was checked before, so what the SDK calls unsupported is a message it could not read.
    let (status, code) = match parts.status {
        StatusCode::UNSUPPORTED_MEDIA_TYPE => (StatusCode::BAD_REQUEST, INVALID_REQUEST),
        status => (status, REFUSED),
    };
    let advice = match status {
        StatusCode::NOT_FOUND => " Send initialize to open a new session.",
        StatusCode::BAD_REQUEST if text.contains("Session ID") => {
            " Send initialize first and repeat its Mcp-Session-Id, or send the 2026-07-28 headers and _meta."
        }
        _ => "",
    };
    let mut response = Refusal::new(status, code, format!("{text}{advice}")).into_response();
    if let Some(allow) = parts.headers.get(header::ALLOW) {
        response.headers_mut().insert(header::ALLOW, allow.clone());
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_final_answer_alone_becomes_json() {
        let one = |text: &'static str| whole_answer(&Bytes::from_static(text.as_bytes()));
        assert_eq!(
            one("id: 0\ndata: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n\n").unwrap(),
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}"
        );
        assert!(one("data: {\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":1,\"message\":\"x\"}}\n\n").is_some());
        assert!(one("data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{}}\n\n").is_none());
        assert!(one(":\n\n").is_none());
        assert!(one("data:\n\n").is_none());
    }
}
