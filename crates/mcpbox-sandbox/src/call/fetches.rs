//! The HTTP requests of one call, and the frames that wait to be sent to its child. Requests die with the conversation.

use std::{collections::VecDeque, future::Future, pin::Pin};

use bytes::{Buf, Bytes};
use futures::{StreamExt, stream::FuturesUnordered};
use mcpbox_egress::{FetchError, FetchRequest, FetchResponse, Session};
use tokio::net::UnixStream;

use crate::wire::{Say, SayError, frame};

/// Requests of one call at once. More are refused, never left waiting: a child that does not read must not block its reader here.
const AT_ONCE: usize = 32;
/// Frames that may wait for a child that does not read; far more than anybody asks for at once.
const UNREAD_MAX: usize = 65_536;

/// The answer to a request.
pub(super) type Answer = (u64, Result<FetchResponse, FetchError>);

/// Requests that run.
#[derive(Default)]
pub(super) struct Requests<'a> {
    running: FuturesUnordered<Pin<Box<dyn Future<Output = Answer> + Send + 'a>>>,
}

impl<'a> Requests<'a> {
    /// Begins a request, unless too many run already.
    pub(super) fn begin(&mut self, session: &'a Session, id: u64, request: FetchRequest, outbox: &mut Outbox) {
        if self.running.len() >= AT_ONCE {
            let message = format!("more than {AT_ONCE} requests at once; wait for some of them first");
            outbox.push(refusal(id, "connect_failed", &message));
            return;
        }
        self.running.push(Box::pin(async move { (id, session.fetch(request).await) }));
    }

    /// Whether any runs.
    pub(super) fn is_busy(&self) -> bool {
        !self.running.is_empty()
    }

    /// Waits until one has its answer.
    pub(super) async fn next(&mut self) -> Option<Answer> {
        self.running.next().await
    }
}

/// Frames that wait to be sent.
#[derive(Default)]
pub(super) struct Outbox(VecDeque<Bytes>);

impl Outbox {
    pub(super) fn push(&mut self, frame: Bytes) {
        self.0.push_back(frame);
    }

    /// Tells the child the answer to a request.
    pub(super) fn answer(&mut self, (id, answer): Answer) {
        self.push(match &answer {
            Ok(FetchResponse { status, headers, body, http_version, .. }) => {
                frame(&Say::HttpResult { id, status: *status, headers, http_version }, &[body])
            }
            Err(error) => refusal(id, error.kind.as_str(), &error.message),
        });
    }

    /// Whether the child asks and asks and does not read.
    pub(super) fn is_flooded(&self) -> bool {
        self.0.len() > UNREAD_MAX
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Sends as much as the socket takes, or waits for room. A closed socket is noticed by the reader.
    pub(super) async fn send(&mut self, stream: &UnixStream) {
        let Some(bytes) = self.0.front_mut() else { return };
        match stream.try_write(bytes) {
            Ok(count) => bytes.advance(count),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                let _ = stream.writable().await;
                return;
            }
            Err(_) => bytes.clear(),
        }
        if bytes.is_empty() {
            self.0.pop_front();
        }
    }
}

fn refusal(id: u64, kind: &str, message: &str) -> Bytes {
    frame(&Say::HttpError { id, error: SayError { kind, message } }, &[])
}
