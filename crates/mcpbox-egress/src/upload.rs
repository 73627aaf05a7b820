//! A request body that comes in parts: capped, filled with secrets part by part, never held as a whole.

use std::{
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use hyper::body::{Body, Frame, SizeHint};
use tokio::{sync::mpsc, time::Instant};

use crate::{
    error::{FetchError, FetchErrorKind},
    hop::too_large,
    secrets::Filler,
    traffic::Carried,
};

/// So much of a body is looked at before its request goes out, when a secret may have to be put in: what fits is sent
/// with its true length.
const LOOKED_AT_BYTES: usize = 1024 * 1024;

/// The tool's end of a body. Dropping it before the last part breaks the request off.
#[derive(Debug, Clone)]
pub struct Uploader(mpsc::Sender<Part>);

/// The broker's end of a body.
#[derive(Debug)]
pub struct Upload(mpsc::Receiver<Part>);

#[derive(Debug)]
struct Part {
    bytes: Bytes,
    is_last: bool,
}

/// Both ends of a request body that comes in parts.
pub fn upload() -> (Uploader, Upload) {
    let (sender, receiver) = mpsc::channel(1);
    (Uploader(sender), Upload(receiver))
}

impl Uploader {
    /// Hands over a part, as soon as the one before is on its way. False when nobody takes it any more: the answer is
    /// there already, or the request has failed.
    pub async fn send(&self, bytes: Bytes, is_last: bool) -> bool {
        self.0.send(Part { bytes, is_last }).await.is_ok()
    }
}

/// The beginning of a body, and the rest if there is more.
pub(crate) struct Begun {
    pub(crate) beginning: Bytes,
    pub(crate) rest: Option<Upload>,
}

impl Upload {
    /// Waits for the first parts, until the body is complete or too long to be looked at before it is sent.
    pub(crate) async fn look_ahead(mut self, first: Bytes, progress: &Progress) -> Result<Begun, FetchError> {
        let mut beginning = BytesMut::from(first);
        while beginning.len() <= LOOKED_AT_BYTES {
            let part = self.0.recv().await.ok_or_else(broken_off)?;
            progress.note();
            beginning.extend_from_slice(&part.bytes);
            if part.is_last {
                return Ok(Begun { beginning: beginning.freeze(), rest: None });
            }
        }
        Ok(Begun { beginning: beginning.freeze(), rest: Some(self) })
    }
}

/// A body on its way out.
pub(crate) struct UploadBody {
    /// Sent before the parts that are still to come.
    beginning: Option<Bytes>,
    upload: Upload,
    filler: Filler,
    declared: Option<u64>,
    taken: u64,
    sent: u64,
    max_bytes: usize,
    progress: Progress,
    state: Arc<UploadState>,
    carried: Arc<Carried>,
}

/// When a part was last taken.
#[derive(Clone)]
pub(crate) struct Progress(Arc<Mutex<Instant>>);

impl Progress {
    /// Now.
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Instant::now())))
    }

    fn note(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// Waits until `limit` has passed without a part.
    pub(crate) async fn stall(&self, limit: Duration) {
        loop {
            let until = *self.0.lock().unwrap_or_else(PoisonError::into_inner) + limit;
            if until <= Instant::now() {
                return;
            }
            tokio::time::sleep_until(until).await;
        }
    }
}

/// What the request's owner sees of a body on its way.
#[derive(Default)]
pub(crate) struct UploadState {
    trouble: Mutex<Option<FetchError>>,
    is_finished: AtomicBool,
}

impl UploadState {
    /// Why the body was not sent to its end, if it was this side's doing.
    pub(crate) fn trouble(&self) -> Option<FetchError> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether all of it was sent.
    pub(crate) fn is_finished(&self) -> bool {
        self.is_finished.load(Ordering::Acquire)
    }
}

impl UploadBody {
    /// `declared` is the length that the other side is told, if it is told one.
    pub(crate) fn new(begun: (Bytes, Upload), filler: Filler, declared: Option<u64>, caps: (usize, Progress)) -> Self {
        let ((beginning, upload), (max_bytes, progress)) = (begun, caps);
        let beginning = Some(beginning);
        Self {
            beginning,
            upload,
            filler,
            declared,
            taken: 0,
            sent: 0,
            max_bytes,
            progress,
            state: Arc::default(),
            carried: Arc::default(),
        }
    }

    /// Counts here what is sent.
    pub(crate) fn count_into(&mut self, carried: Arc<Carried>) {
        self.carried = carried;
    }

    /// What its owner keeps.
    pub(crate) fn state(&self) -> Arc<UploadState> {
        Arc::clone(&self.state)
    }

    /// Counts a part and puts the secrets in.
    fn pass(&mut self, bytes: &Bytes, is_last: bool) -> Result<Bytes, FetchError> {
        self.taken = self.taken.saturating_add(bytes.len() as u64);
        let is_off = self.declared.is_some_and(|length| self.taken > length || is_last && self.taken != length);
        if is_off {
            let message = "the body is not as long as its Content-Length says; leave the header out, or correct it";
            return Err(FetchError::new(FetchErrorKind::InvalidRequest, message));
        }
        let filled = self.filler.push(bytes, is_last)?;
        self.sent = self.sent.saturating_add(filled.len() as u64);
        self.carried.sent(filled.len());
        if self.sent > self.max_bytes as u64 { Err(too_large(self.max_bytes)) } else { Ok(filled) }
    }

    fn poll_part(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, FetchError>>> {
        loop {
            let (bytes, is_last) = match self.beginning.take() {
                Some(beginning) => (beginning, false),
                None if self.state.is_finished() => return Poll::Ready(None),
                None => match ready!(self.upload.0.poll_recv(context)) {
                    Some(part) => (part.bytes, part.is_last),
                    None => return Poll::Ready(Some(Err(broken_off()))),
                },
            };
            self.progress.note();
            let passed = self.pass(&bytes, is_last);
            self.state.is_finished.store(is_last && passed.is_ok(), Ordering::Release);
            match passed {
                Ok(bytes) if bytes.is_empty() => {}
                passed => return Poll::Ready(Some(passed)),
            }
        }
    }
}

impl Body for UploadBody {
    type Data = Bytes;
    type Error = FetchError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let this = self.get_mut();
        let part = ready!(this.poll_part(context));
        if let Some(Err(error)) = &part {
            *this.state.trouble.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.clone());
        }
        Poll::Ready(part.map(|part| part.map(Frame::data)))
    }

    fn size_hint(&self) -> SizeHint {
        self.declared.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

fn broken_off() -> FetchError {
    FetchError::new(FetchErrorKind::Protocol, "the tool broke its request body off")
}
