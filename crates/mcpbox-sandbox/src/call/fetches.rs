//! The HTTP requests of one call. Each frame of the child is a question with one answer, so neither side ever holds more than
//! a part of a body: the child asks for the next part of an answer, and is told when the next part of its request is wanted.
//! Requests die with the conversation.

use std::{collections::HashMap, future::Future, pin::Pin, time::Duration};

use bytes::Bytes;
use futures::{StreamExt, stream::FuturesUnordered};
use mcpbox_egress::{FetchError, FetchRequest, FetchStream, Part, Session, Upload, Uploader, upload};
use tokio_util::sync::CancellationToken;

use super::outbox::Outbox;

/// Requests of one call that are open at once. More are refused, never left waiting: a child that does not read must not block
/// its reader here.
const AT_ONCE: usize = 32;
/// Bytes of an answer per frame, about.
const PART: usize = 256 * 1024;
/// An answer that is complete within this time is told in one frame.
const PATIENCE: Duration = Duration::from_millis(3);

/// The beginning of an answer, or why there is none.
pub(super) type Head = Result<(FetchStream, Part), FetchError>;

/// What one step of a request came to.
pub(super) enum Step {
    /// The answer has begun, or there is none.
    Head(Head),
    /// The next part of an answer, for this question.
    Data(u64, FetchStream, Result<Part, FetchError>),
    /// The next part of the request's body is wanted.
    Wants,
    /// Nothing to tell: the request was closed, or its answer is about to come.
    Nothing,
}

/// A request that is open.
#[derive(Default)]
struct Open {
    /// Waits for the head: the request itself, or the latest part of its body.
    question: Option<u64>,
    uploader: Option<Uploader>,
    /// A head that came while no question waited.
    head: Option<Head>,
    /// An answer whose next part nobody has asked for yet.
    answer: Option<FetchStream>,
    /// Ends its steps.
    closing: CancellationToken,
}

type Work<'a> = Pin<Box<dyn Future<Output = (u64, Step)> + Send + 'a>>;

/// See the module.
#[derive(Default)]
pub(super) struct Requests<'a> {
    running: FuturesUnordered<Work<'a>>,
    open: HashMap<u64, Open>,
}

impl<'a> Requests<'a> {
    /// Begins a request, unless too many are open. With `more` its body goes on.
    pub(super) fn begin(
        &mut self,
        session: &'a Session,
        id: u64,
        (request, more): (FetchRequest, bool),
        outbox: &mut Outbox,
    ) {
        if self.open.len().max(self.running.len()) >= AT_ONCE || self.open.contains_key(&id) {
            let message =
                format!("more than {AT_ONCE} requests at once; wait for some of them, or close their answers, first");
            return outbox.refuse(id, "connect_failed", &message);
        }
        let mut open = Open { question: Some(id), ..Open::default() };
        let body = more.then(|| {
            let (uploader, body) = upload();
            open.uploader = Some(uploader);
            body
        });
        self.work(id, open.closing.clone(), async move { Step::Head(head(session, request, body).await) });
        if more && let Some(question) = open.question.take() {
            outbox.want(question);
        }
        self.open.insert(id, open);
    }

    /// Takes the next part of a request's body.
    pub(super) fn send(&mut self, id: u64, request: u64, (part, more): (Bytes, bool), outbox: &mut Outbox) {
        let Some(open) = self.open.get_mut(&request).filter(|open| open.question.is_none()) else {
            return outbox.refuse(id, "protocol", NOT_OPEN);
        };
        open.question = Some(id);
        if let Some(head) = open.head.take() {
            return self.tell_head(request, head, outbox);
        }
        let Some(uploader) = open.uploader.clone() else { return outbox.refuse(id, "protocol", NOT_OPEN) };
        let closing = open.closing.clone();
        self.work(request, closing, async move {
            let is_taken = uploader.send(part, !more).await;
            if is_taken && more { Step::Wants } else { Step::Nothing }
        });
    }

    /// Asks for the next part of an answer.
    pub(super) fn read(&mut self, id: u64, request: u64, outbox: &mut Outbox) {
        let open = self.open.get_mut(&request);
        let Some((mut answer, closing)) = open.and_then(|open| Some((open.answer.take()?, open.closing.clone())))
        else {
            return outbox.refuse(id, "protocol", NOT_OPEN);
        };
        self.work(request, closing, async move {
            let part = answer.part(PART).await;
            Step::Data(id, answer, part)
        });
    }

    /// Ends a request, whatever it is doing.
    pub(super) fn close(&mut self, request: u64) {
        if let Some(open) = self.open.remove(&request) {
            open.closing.cancel();
        }
    }

    /// Whether anything runs.
    pub(super) fn is_busy(&self) -> bool {
        !self.running.is_empty()
    }

    /// Waits until one has come a step further.
    pub(super) async fn next(&mut self) -> Option<(u64, Step)> {
        self.running.next().await
    }

    /// Tells the child about it.
    pub(super) fn tell(&mut self, (request, step): (u64, Step), outbox: &mut Outbox) {
        match step {
            Step::Nothing => {}
            Step::Head(head) => self.tell_head(request, head, outbox),
            Step::Wants => {
                let question = self.open.get_mut(&request).and_then(|open| open.question.take());
                if let Some(question) = question {
                    outbox.want(question);
                }
            }
            Step::Data(question, answer, part) => {
                outbox.part(question, &part);
                let more = part.is_ok_and(|part| !part.is_last);
                self.keep(request, answer, more);
            }
        }
    }

    fn tell_head(&mut self, request: u64, head: Head, outbox: &mut Outbox) {
        let Some(open) = self.open.get_mut(&request) else { return };
        let Some(question) = open.question.take() else {
            open.head = Some(head);
            return;
        };
        outbox.head(question, &head);
        match head {
            Ok((answer, part)) => self.keep(request, answer, !part.is_last),
            Err(_) => self.close(request),
        }
    }

    /// Keeps an answer that goes on; what is over makes room.
    fn keep(&mut self, request: u64, answer: FetchStream, more: bool) {
        match self.open.get_mut(&request) {
            Some(open) if more => open.answer = Some(answer),
            _ => self.close(request),
        }
    }

    fn work(&mut self, request: u64, closing: CancellationToken, work: impl Future<Output = Step> + Send + 'a) {
        self.running
            .push(Box::pin(async move { (request, closing.run_until_cancelled(work).await.unwrap_or(Step::Nothing)) }));
    }
}

const NOT_OPEN: &str = "this request is not open; its answer was read or closed already";

async fn head(session: &Session, request: FetchRequest, body: Option<Upload>) -> Head {
    let mut answer = session.open(request, body).await?;
    let part = answer.early(PART, PATIENCE).await?;
    Ok((answer, part))
}
