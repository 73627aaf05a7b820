//! One run and the stream that tells of it. The stream owns the run: when the connection goes, so does the process.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use bytes::Bytes;
use hyper::body::{Body, Frame};
use mcpbox_core::execute::{Execution, Executor, Observer, Questions, ToolCalls};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_util::task::{AbortOnDropHandle, task_tracker::TaskTrackerToken};

use super::{super::wire::Told, Open, scripts::ScriptTools};

/// Bytes of messages that may wait for a client that reads slowly; further messages are lost, the outcome never is.
const WAITING_MAX: usize = 4 << 20;

/// The body of an answer.
pub(super) struct RunBody {
    lines: UnboundedReceiver<Bytes>,
    waiting: Arc<AtomicUsize>,
    _run: AbortOnDropHandle<()>,
}

/// Starts it; `place` is held until it has ended. With `tools` it may ask for other tools.
pub(super) fn run(open: &Open, execution: Execution, tools: bool, place: TaskTrackerToken) -> RunBody {
    let (lines, body) = unbounded_channel();
    let waiting = Arc::new(AtomicUsize::new(0));
    let call_id = execution.call_id;
    let asks = open.scripts.enter(call_id, lines.clone());
    let observer = Arc::new(Teller { lines: lines.clone(), waiting: Arc::clone(&waiting), asks, tools });
    let sandbox = Arc::clone(&open.door.sandbox);
    tracing::debug!(call.id = %call_id, "a call begins");
    let run = tokio::spawn(async move {
        let outcome = sandbox.execute(execution, observer).await;
        tracing::debug!(call.id = %call_id, call.is_ok = outcome.result.is_ok(), "a call ended");
        match Told::ended(outcome).and_then(|told| told.line()) {
            Ok(line) => drop(lines.send(line)),
            Err(error) => tracing::error!(%error, "an outcome could not be written"),
        }
        drop(place);
    });
    RunBody { lines: body, waiting, _run: AbortOnDropHandle::new(run) }
}

/// Passes on what a run says.
struct Teller {
    lines: UnboundedSender<Bytes>,
    waiting: Arc<AtomicUsize>,
    asks: ScriptTools,
    /// Whether the run may call other tools.
    tools: bool,
}

impl Teller {
    fn tell(&self, told: &Told) {
        if self.waiting.load(Ordering::Relaxed) > WAITING_MAX {
            return;
        }
        if let Ok(line) = told.line() {
            self.waiting.fetch_add(line.len(), Ordering::Relaxed);
            let _gone = self.lines.send(line);
        }
    }
}

impl Observer for Teller {
    fn progress(&self, done: f64, total: Option<f64>, message: Option<String>) {
        self.tell(&Told::Progress { done, total, message });
    }

    fn log(&self, message: String) {
        self.tell(&Told::Log { message });
    }

    fn tools(&self) -> Option<&dyn ToolCalls> {
        self.tools.then_some(&self.asks as &dyn ToolCalls)
    }

    fn questions(&self) -> Option<&dyn Questions> {
        Some(&self.asks)
    }
}

impl Body for RunBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.lines.poll_recv(cx).map(|line| {
            let line = line?;
            // The outcome is not counted in, so it may not be counted out below zero.
            let _ = self
                .waiting
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |waiting| Some(waiting.saturating_sub(line.len())));
            Some(Ok(Frame::data(line)))
        })
    }
}
