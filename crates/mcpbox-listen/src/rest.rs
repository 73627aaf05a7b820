//! What is left of a request that was answered without being read, such as one without a token. Clients send head and body apart, and
//! keep the connection for the next request; closing it would break that one off without an answer. So the rest is read and thrown away,
//! within bounds.

use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use tokio::{runtime::Handle, time::timeout};

/// Most that is read for nobody, bytes.
const BYTES_MAX: u64 = 256 << 10;
/// For so long; then the connection ends.
const TIME: Duration = Duration::from_secs(2);

/// Reads the rest beside the answer. False when it is too much, so that the connection ends with the answer.
pub(crate) fn discard(mut incoming: Incoming) -> bool {
    let is_small = incoming.size_hint().lower() <= BYTES_MAX;
    let Ok(runtime) = Handle::try_current() else { return false };
    let reading = async move {
        let mut left = BYTES_MAX;
        while let Some(Ok(frame)) = incoming.frame().await {
            let read = frame.data_ref().map_or(0, |data| data.len() as u64);
            let Some(less) = left.checked_sub(read) else { break };
            left = less;
        }
    };
    drop(runtime.spawn(timeout(TIME, reading)));
    is_small
}
