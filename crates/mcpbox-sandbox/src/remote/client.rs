//! The executor that runs nothing itself: it hands each call to the worker with the fewest of ours, watches all of them, and takes
//! one out as soon as it fails or falls silent.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, Utc};
use mcpbox_core::{
    ask::WAIT_MAX,
    bearer::BearerKey,
    execute::{BoxFuture, Execution, Executor, LockedEnvironment, Observer, Outcome, Resolved, SandboxStatus},
    failure::{Failure, FailureKind},
    hash::ContentHash,
    package::{PackageLock, Requirements},
};
use prometheus_client::registry::Registry;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use url::Url;

use super::wire::Asked;
use crate::{failure::unavailable, metrics::encode};

mod connection;
mod count;
mod exchange;
mod listen;
mod packages;
mod status;
mod watch;
mod worker;

use connection::Connections;
use count::Counters;
use exchange::{Attempt, Ordered};
use packages::Locks;
use worker::Worker;

pub use worker::WorkerState;

/// Which workers, and how long to wait for what. `..WorkersConfig::default()` for what you do not set.
#[derive(Debug, Clone)]
pub struct WorkersConfig {
    /// Their addresses, `http://host:8001`.
    pub urls: Vec<Url>,
    /// How often each is asked how it is.
    pub poll_every: Duration,
    /// How long the answer may take; then it gets no new calls.
    pub poll_timeout: Duration,
    /// How long a worker may be silent until its running calls are given up.
    pub lost_after: Duration,
}

impl Default for WorkersConfig {
    fn default() -> Self {
        Self {
            urls: Vec::new(),
            poll_every: Duration::from_millis(500),
            poll_timeout: Duration::from_secs(1),
            lost_after: Duration::from_secs(5),
        }
    }
}

/// Why workers cannot be used at all.
#[derive(Debug, thiserror::Error)]
pub enum WorkersError {
    /// No certificate authorities for https.
    #[error("no certificate authorities for https:// workers were found: {0}; install them (Debian: ca-certificates)")]
    Authorities(#[source] std::io::Error),
    /// The key cannot stand in a header.
    #[error("the key cannot be sent")]
    Key,
}

/// See the module.
#[derive(Debug)]
pub struct Workers {
    workers: Vec<Arc<Worker>>,
    /// Where to begin among equals.
    turn: AtomicUsize,
    registry: Registry,
    locks: Locks,
    tasks: TaskTracker,
    /// No new calls.
    closing: CancellationToken,
    /// No calls at all.
    stop: CancellationToken,
}

impl Workers {
    /// Begins to watch the workers, and returns when each was asked once. None need be there yet.
    ///
    /// # Errors
    /// [`WorkersError`].
    pub async fn start(config: &WorkersConfig, key: &BearerKey) -> Result<Arc<Self>, WorkersError> {
        let connections = Arc::new(Connections::new(&config.urls, key)?);
        let (counters, registry) = Counters::new();
        let worker = |url: &Url| Arc::new(Worker::new(url, Arc::clone(&connections), &counters));
        let workers: Vec<_> = config.urls.iter().map(worker).collect();
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let mut asked = Vec::new();
        for worker in &workers {
            let (watch, first) = watch::Watch::new(Arc::clone(worker), config.clone());
            tasks.spawn(stop.clone().run_until_cancelled_owned(watch.run()));
            asked.push(first);
        }
        for first in asked {
            // A watch that is gone leaves its worker as it is: unknown, so without calls.
            let _ = first.await;
        }
        let turn = AtomicUsize::new(0);
        Ok(Arc::new(Self {
            workers,
            turn,
            registry,
            locks: Locks::default(),
            tasks,
            closing: CancellationToken::new(),
            stop,
        }))
    }

    /// Each worker's address and how it is.
    pub fn states(&self) -> Vec<(String, WorkerState)> {
        self.workers.iter().map(|worker| (worker.name().to_owned(), worker.state())).collect()
    }

    /// What is counted here, for Prometheus, as [`crate::METRICS_CONTENT_TYPE`]. What runs is counted by the workers.
    pub fn metrics(&self) -> String {
        encode(&self.registry)
    }

    /// Lets running calls finish for `grace`, then gives them up.
    pub async fn shutdown(&self, grace: Duration) {
        self.closing.cancel();
        let idle = async {
            while self.workers.iter().any(|worker| worker.outstanding() > 0) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let _ = tokio::time::timeout(grace, idle).await;
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }

    async fn run(&self, execution: Execution, observer: Arc<dyn Observer>) -> Outcome {
        if self.closing.is_cancelled() {
            return unavailable(stopping());
        }
        let (call_id, limits) = (execution.call_id, execution.limits);
        let environment = execution.program.environment.clone();
        let body = match Asked::encode(execution, observer.tools().is_some()) {
            Ok(body) => body,
            Err(error) => {
                tracing::error!(%error, "a call cannot be written for a worker");
                return unavailable(Failure::new(
                    FailureKind::Unavailable,
                    "the call cannot be sent to a sandbox worker",
                ));
            }
        };
        let call = Ordered { call_id, body, limits, observer: observer.as_ref() };
        let mut tried: Vec<&Worker> = Vec::new();
        while let Some(worker) = self.pick(&tried) {
            match worker.attempt(&call).await {
                Attempt::Ended(outcome) if self.mended(worker, &environment, &outcome).await => {
                    return match worker.attempt(&call).await {
                        Attempt::Ended(outcome) => *outcome,
                        Attempt::Refused(failure) => unavailable(*failure),
                        Attempt::NotStarted => unavailable(nobody()),
                        Attempt::Lost(_) => unavailable(lost()),
                    };
                }
                Attempt::Ended(outcome) => return *outcome,
                Attempt::Refused(failure) => return unavailable(*failure),
                Attempt::NotStarted => tried.push(worker),
                Attempt::Lost(reason) => {
                    tracing::warn!(call.id = %call_id, worker.url = worker.name(), reason, "a call was lost with its worker");
                    return unavailable(lost());
                }
            }
        }
        unavailable(nobody())
    }

    /// The worker that is up and has the fewest of our calls.
    fn pick(&self, tried: &[&Worker]) -> Option<&Worker> {
        let first = self.turn.fetch_add(1, Ordering::Relaxed) % self.workers.len().max(1);
        let (before, from) = self.workers.split_at_checked(first)?;
        let in_turn = from.iter().chain(before).map(Arc::as_ref);
        in_turn
            .filter(|worker| worker.is_up() && !tried.iter().any(|other| std::ptr::eq(*other, *worker)))
            .min_by_key(|worker| worker.outstanding())
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Executor for Workers {
    fn execute<'a>(&'a self, execution: Execution, observer: Arc<dyn Observer>) -> BoxFuture<'a, Outcome> {
        Box::pin(async move {
            let stopped = self.stop.clone();
            tokio::select! {
                outcome = self.run(execution, observer) => outcome,
                () = stopped.cancelled() => unavailable(stopping()),
            }
        })
    }

    fn resolve<'a>(&'a self, requirements: &'a Requirements) -> BoxFuture<'a, Result<Resolved, String>> {
        Box::pin(self.resolve_somewhere(requirements))
    }

    fn install<'a>(
        &'a self,
        environment: LockedEnvironment,
        lock: &'a PackageLock,
        progress: &'a (dyn Fn(&str) + Send + Sync),
    ) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(self.install_everywhere(environment, lock, progress))
    }

    fn remove_unused<'a>(&'a self, wanted: &'a BTreeSet<ContentHash>, since: DateTime<Utc>) -> BoxFuture<'a, u64> {
        Box::pin(self.remove_unused_everywhere(wanted, since))
    }

    fn is_reachable(&self) -> bool {
        self.workers.iter().any(|worker| worker.is_up())
    }

    fn status(&self) -> SandboxStatus {
        status::of_all(&self.states())
    }
}

fn stopping() -> Failure {
    Failure::new(FailureKind::Cancelled, "the server is stopping").hint("Call again once it has started")
}

fn nobody() -> Failure {
    Failure::new(FailureKind::Unavailable, "no sandbox worker is there to run this call").hint(
        "The tool did not run. Try again in a few seconds; if it stays so, the operator should run 'mcpbox doctor'",
    )
}

fn lost() -> Failure {
    Failure::new(
        FailureKind::Unavailable,
        "the sandbox worker was lost during the call: the tool may or may not have run",
    )
    .hint("Find out what it did before you call again: it may already have had effects")
}

/// How long a worker may take in all: its queue, its start of a process, the tool, people that are asked, and a margin.
fn patience(call: &Ordered<'_>) -> Duration {
    let people = if call.observer.questions().is_some() { WAIT_MAX } else { Duration::ZERO };
    Duration::from_millis(call.limits.timeout_ms) + people + Duration::from_secs(60)
}
