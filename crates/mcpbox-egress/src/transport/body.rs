//! Reads an answer's body as it comes and stops at the cap.

use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;

use crate::{
    destination::Destination,
    error::{FetchError, FetchErrorKind},
    reply::too_large,
};

/// How much may be read: by one answer, and by all together.
pub(super) struct Reader {
    max_bytes: usize,
    max_buffered_bytes: usize,
    buffered: AtomicUsize,
}

/// Why a body could not be read.
pub(super) enum BodyError {
    TooLarge { max_bytes: usize },
    Crowded,
    Broken,
}

impl BodyError {
    /// In words for the tool.
    pub(super) fn explain(self, from: &Destination) -> FetchError {
        match self {
            Self::TooLarge { max_bytes } => too_large(max_bytes),
            Self::Crowded => {
                let message =
                    "too many large answers are being read at once on this machine; try again later, or ask for less";
                FetchError::new(FetchErrorKind::TooLarge, message)
            }
            Self::Broken => {
                let message = format!("{} broke off its answer; try again", from.authority());
                FetchError::new(FetchErrorKind::Protocol, message)
            }
        }
    }
}

impl Reader {
    /// Reads at most this much.
    pub(super) fn new(max_bytes: usize, max_buffered_bytes: usize) -> Self {
        Self { max_bytes, max_buffered_bytes, buffered: AtomicUsize::new(0) }
    }

    /// The whole body. Refuses at once when more is announced than allowed.
    pub(super) async fn read(&self, mut body: Incoming, announced: Option<usize>) -> Result<Bytes, BodyError> {
        let max_bytes = self.max_bytes;
        if announced.is_some_and(|announced| announced > max_bytes) {
            return Err(BodyError::TooLarge { max_bytes });
        }
        let mut share = Share { buffered: &self.buffered, bytes: 0 };
        let mut whole = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(|_| BodyError::Broken)?.into_data() else { continue };
            if whole.len() + data.len() > max_bytes {
                return Err(BodyError::TooLarge { max_bytes });
            }
            if share.grow(data.len()) > self.max_buffered_bytes {
                return Err(BodyError::Crowded);
            }
            whole.extend_from_slice(&data);
        }
        Ok(whole.freeze())
    }
}

/// What one answer takes of the common budget, given back when it is read or given up.
struct Share<'a> {
    buffered: &'a AtomicUsize,
    bytes: usize,
}

impl Share<'_> {
    /// Takes more; what all take together now.
    fn grow(&mut self, bytes: usize) -> usize {
        self.bytes += bytes;
        self.buffered.fetch_add(bytes, Ordering::Relaxed) + bytes
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        self.buffered.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}
