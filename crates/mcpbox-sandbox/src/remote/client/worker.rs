//! One worker as the server sees it: whether it gets calls, how many it has, and the token that gives those up.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use mcpbox_core::execute::SandboxStatus;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::{
    connection::Connections,
    count::{Counters, WorkerCounters},
    exchange::{Attempt, Ordered, exchange},
    patience,
};

/// How a worker is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WorkerState {
    /// Nobody asked yet.
    Unknown,
    /// It gets calls.
    Up(SandboxStatus),
    /// It gets none, and why.
    Down(String),
}

/// See the module.
#[derive(Debug)]
pub(super) struct Worker {
    name: String,
    pub(super) connections: Arc<Connections>,
    counters: WorkerCounters,
    outstanding: AtomicUsize,
    state: Mutex<State>,
    /// Asks the watch to look now.
    pub(super) look: Notify,
}

#[derive(Debug)]
struct State {
    is: WorkerState,
    /// Cancelled when the calls that are there now are given up.
    calls: CancellationToken,
}

impl Worker {
    pub(super) fn new(url: &Url, connections: Arc<Connections>, counters: &Counters) -> Self {
        let name = url.as_str().trim_end_matches('/').to_owned();
        Self {
            counters: counters.worker(&name),
            name,
            connections,
            outstanding: AtomicUsize::new(0),
            state: Mutex::new(State { is: WorkerState::Unknown, calls: CancellationToken::new() }),
            look: Notify::new(),
        }
    }

    /// Its address.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The address of one of its doors.
    pub(super) fn door(&self, path: &str) -> String {
        format!("{}{path}", self.name)
    }

    pub(super) fn state(&self) -> WorkerState {
        self.lock().is.clone()
    }

    pub(super) fn is_up(&self) -> bool {
        matches!(self.lock().is, WorkerState::Up(_))
    }

    /// Our calls that it has.
    pub(super) fn outstanding(&self) -> usize {
        self.outstanding.load(Ordering::Relaxed)
    }

    /// It answered: it gets calls (again).
    pub(super) fn up(&self, status: SandboxStatus) {
        let was = std::mem::replace(&mut self.lock().is, WorkerState::Up(status));
        self.counters.up.set(1);
        if matches!(was, WorkerState::Down(_)) {
            tracing::info!(worker.url = self.name, "a sandbox worker is back");
        }
    }

    /// It gets no calls until it answers again.
    pub(super) fn down(&self, reason: &str) {
        let was = std::mem::replace(&mut self.lock().is, WorkerState::Down(reason.to_owned()));
        self.counters.up.set(0);
        match was {
            WorkerState::Down(before) if before == reason => {}
            WorkerState::Up(_) => {
                self.counters.taken_out.inc();
                tracing::warn!(worker.url = self.name, reason, "a sandbox worker was taken out");
            }
            _ => tracing::warn!(worker.url = self.name, reason, "a sandbox worker is not usable"),
        }
    }

    /// Gives up the calls it has.
    pub(super) fn give_up(&self) {
        std::mem::take(&mut self.lock().calls).cancel();
    }

    /// Gives it a call.
    pub(super) async fn attempt(&self, call: &Ordered<'_>) -> Attempt {
        let mut outstanding = Outstanding::new(self);
        let given_up = self.lock().calls.clone();
        let attempt = tokio::select! {
            ended = tokio::time::timeout(patience(call), exchange(self, call)) => {
                ended.unwrap_or_else(|_| Attempt::Lost("it did not answer in time".into()))
            }
            () = given_up.cancelled() => Attempt::Lost("it fell silent".into()),
        };
        outstanding.ended = attempt.as_str();
        attempt
    }

    /// The connection to it failed: no new calls until the watch has seen it.
    pub(super) fn failed(&self, reason: &str) {
        self.down(reason);
        self.look.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts a call as long as it is out, whatever way it ends.
struct Outstanding<'a> {
    worker: &'a Worker,
    since: Instant,
    ended: &'static str,
}

impl<'a> Outstanding<'a> {
    fn new(worker: &'a Worker) -> Self {
        worker.outstanding.fetch_add(1, Ordering::Relaxed);
        worker.counters.outstanding.inc();
        Self { worker, since: Instant::now(), ended: "cancelled" }
    }
}

impl Drop for Outstanding<'_> {
    fn drop(&mut self) {
        self.worker.outstanding.fetch_sub(1, Ordering::Relaxed);
        self.worker.counters.outstanding.dec();
        self.worker.counters.count(self.ended);
        self.worker.counters.duration.observe(self.since.elapsed().as_secs_f64());
    }
}
