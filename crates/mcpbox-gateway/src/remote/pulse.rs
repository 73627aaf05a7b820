//! `/health/stream`: two events, a moment apart. Whoever sets up a proxy sees by them whether it hands events on one by one.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures::stream;
use http::{HeaderName, header};

use super::{address, answer::Trouble};
use crate::gateway::Gateway;

/// Between the two.
const APART: Duration = Duration::from_secs(1);
const EVENT: Bytes = Bytes::from_static(b"data: here\n\n");
/// How the streams of the endpoint are sent, too.
const HEADERS: [(HeaderName, &str); 3] = [
    (header::CONTENT_TYPE, "text/event-stream"),
    (header::CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("x-accel-buffering"), "no"),
];

/// Sends them.
pub(super) async fn stream(State(gateway): State<Arc<Gateway>>, request: Request) -> Response {
    if let Err(wait) = gateway.strangers.poll(address(&request)) {
        return Trouble::wait("looks", wait).into_response();
    }
    let events = stream::unfold(0_u8, |sent| async move {
        if sent == 1 {
            tokio::time::sleep(APART).await;
        }
        (sent < 2).then_some((Ok::<_, Infallible>(EVENT), sent + 1))
    });
    (HEADERS, Body::from_stream(events)).into_response()
}
