//! Events out of a body that comes part by part.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use bytes::Bytes;
use futures::{StreamExt, stream::BoxStream};
use mcpbox_egress::FetchStream;
use rmcp::transport::streamable_http_client::SseError;
use sse_stream::{Sse, SseStream};

use crate::http::Unreachable;

/// Bytes that are taken at once.
const PART: usize = 64 << 10;

/// The events of an answer. One that is larger than `event_max` bytes ends them.
pub(crate) fn events(answer: FetchStream, event_max: usize) -> BoxStream<'static, Result<Sse, SseError>> {
    let pending = Arc::new(AtomicUsize::new(0));
    let taken = Arc::clone(&pending);
    let parts = futures::stream::try_unfold(Some(answer), move |answer| next(answer, Arc::clone(&taken), event_max));
    let whole = move |event| {
        pending.store(0, Ordering::Relaxed);
        event
    };
    SseStream::from_bytes_stream(parts.boxed()).map(whole).boxed()
}

/// The next bytes; more of them without a whole event than `event_max` are an error.
async fn next(
    answer: Option<FetchStream>,
    pending: Arc<AtomicUsize>,
    event_max: usize,
) -> Result<Option<(Bytes, Option<FetchStream>)>, Unreachable> {
    let Some(mut answer) = answer else { return Ok(None) };
    let part = answer.part(PART).await.map_err(|error| Unreachable(error.message))?;
    if pending.fetch_add(part.bytes.len(), Ordering::Relaxed) + part.bytes.len() > event_max {
        return Err(Unreachable(format!("it sent an event of more than {} KiB", event_max >> 10)));
    }
    let rest = (!part.is_last).then_some(answer);
    Ok(Some((part.bytes, rest)))
}
