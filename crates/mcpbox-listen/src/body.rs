//! Bodies both ways, watched: a request's must come in time and within what all may hold together; when the answer's is gone, the
//! connection waits again.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body as _, Frame, Incoming, SizeHint};
use tokio::time::{Instant, Sleep};

use crate::{
    house::{Guest, Phase},
    rest,
    serve::Front,
};

/// So much of each body is not counted: small requests go through whatever large ones do.
const FREE_BYTES: usize = 64 << 10;

/// Why a body ends before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum BodyError {
    /// The client broke off.
    Broken = 1,
    /// It did not come in time.
    Slow = 2,
    /// Too many large ones are held already.
    Crowded = 3,
}

impl std::fmt::Display for BodyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Broken => "the request broke off",
            Self::Slow => "the request did not arrive in time",
            Self::Crowded => "too many large requests are being read at once",
        })
    }
}

impl std::error::Error for BodyError {}

/// A request and its answer.
pub(crate) struct Exchange {
    front: Arc<Front>,
    pub(crate) guest: Arc<Guest>,
    held: AtomicUsize,
    trouble: AtomicU8,
    is_last: AtomicBool,
}

impl Exchange {
    pub(crate) fn new(front: Arc<Front>, guest: Arc<Guest>) -> Arc<Self> {
        Arc::new(Self {
            front,
            guest,
            held: AtomicUsize::new(0),
            trouble: AtomicU8::new(0),
            is_last: AtomicBool::new(false),
        })
    }

    /// Whether more of the request is on its way than anybody reads, so that no other can follow it.
    pub(crate) fn is_last(&self) -> bool {
        self.is_last.load(Ordering::Relaxed)
    }

    /// Why the body was not read to its end by our doing.
    pub(crate) fn trouble(&self) -> Option<BodyError> {
        match self.trouble.load(Ordering::Relaxed) {
            2 => Some(BodyError::Slow),
            3 => Some(BodyError::Crowded),
            _ => None,
        }
    }

    fn fail(&self, error: BodyError) -> BodyError {
        self.trouble.store(error as u8, Ordering::Relaxed);
        error
    }

    fn hold(&self, bytes: usize) -> Result<(), BodyError> {
        self.held.fetch_add(bytes, Ordering::Relaxed);
        let all = self.front.held.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if all > self.front.limits.bodies_bytes { Err(self.fail(BodyError::Crowded)) } else { Ok(()) }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.front.held.fetch_sub(self.held.load(Ordering::Relaxed), Ordering::Relaxed);
    }
}

/// The body of a request. What its reader leaves is thrown away, see [`rest`].
pub struct Body {
    /// Nothing once it ended.
    incoming: Option<Incoming>,
    exchange: Arc<Exchange>,
    until: Instant,
    sleep: Option<Pin<Box<Sleep>>>,
    taken: usize,
    /// The client sends it only once it is asked for.
    is_awaited: bool,
}

impl Body {
    /// `is_awaited`: the client waits for a word before it sends the body (`Expect: 100-continue`).
    pub(crate) fn new(incoming: Incoming, exchange: Arc<Exchange>, is_awaited: bool) -> Self {
        let incoming = Some(incoming).filter(|incoming| !incoming.is_end_stream());
        exchange.guest.enters(if incoming.is_none() { Phase::Served } else { Phase::Sending });
        let until = Instant::now() + exchange.front.limits.body;
        Self { incoming, exchange, until, sleep: None, taken: 0, is_awaited }
    }

    fn ended(&mut self) {
        self.incoming = None;
        self.exchange.guest.enters(Phase::Served);
    }

    fn count(&mut self, bytes: usize) -> Result<(), BodyError> {
        let most = self.exchange.front.limits.body_bytes;
        let counted = |taken: usize| taken.min(most).saturating_sub(FREE_BYTES);
        let before = counted(self.taken);
        self.taken = self.taken.saturating_add(bytes);
        match counted(self.taken) - before {
            0 => Ok(()),
            more => self.exchange.hold(more),
        }
    }
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Body").field("taken", &self.taken).finish_non_exhaustive()
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let this = self.get_mut();
        let Some(incoming) = &mut this.incoming else { return Poll::Ready(None) };
        match Pin::new(&mut *incoming).poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) => {
                let is_end = incoming.is_end_stream();
                this.exchange.guest.sends();
                let counted = this.count(frame.data_ref().map_or(0, Bytes::len));
                if is_end {
                    this.ended();
                }
                Poll::Ready(Some(counted.map(|()| frame)))
            }
            Poll::Ready(Some(Err(_))) => {
                this.incoming = None;
                Poll::Ready(Some(Err(BodyError::Broken)))
            }
            Poll::Ready(None) => {
                this.ended();
                Poll::Ready(None)
            }
            Poll::Pending => {
                let until = this.until;
                let sleep = this.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(until)));
                match sleep.as_mut().poll(context) {
                    Poll::Ready(()) => Poll::Ready(Some(Err(this.exchange.fail(BodyError::Slow)))),
                    Poll::Pending => Poll::Pending,
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.as_ref().is_none_or(Incoming::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.as_ref().map_or(SizeHint::with_exact(0), Incoming::size_hint)
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        let Some(incoming) = self.incoming.take() else { return };
        let is_asked_for = !self.is_awaited || self.taken > 0;
        let is_discarded = is_asked_for && self.exchange.trouble().is_none() && rest::discard(incoming);
        self.exchange.is_last.store(!is_discarded, Ordering::Relaxed);
    }
}

/// The body of an answer.
pub struct Sent<B> {
    from: From<B>,
    exchange: Arc<Exchange>,
}

enum From<B> {
    /// Of who answers.
    Answer(B),
    /// Of the front itself.
    Front(Full<Bytes>),
}

impl<B> Sent<B> {
    pub(crate) fn answer(body: B, exchange: Arc<Exchange>) -> Self {
        Self { from: From::Answer(body), exchange }
    }

    pub(crate) fn front(text: Bytes, exchange: Arc<Exchange>) -> Self {
        Self { from: From::Front(Full::new(text)), exchange }
    }
}

impl<B> Drop for Sent<B> {
    fn drop(&mut self) {
        self.exchange.guest.enters(Phase::Waiting);
    }
}

impl<B> hyper::body::Body for Sent<B>
where
    B: hyper::body::Body<Data = Bytes> + Unpin,
{
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        match &mut self.get_mut().from {
            From::Answer(body) => Pin::new(body).poll_frame(context),
            From::Front(body) => Pin::new(body).poll_frame(context).map_err(|never| match never {}),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.from {
            From::Answer(body) => body.is_end_stream(),
            From::Front(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.from {
            From::Answer(body) => body.size_hint(),
            From::Front(body) => body.size_hint(),
        }
    }
}
