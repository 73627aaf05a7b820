//! A pool: one environment's zygote and the children it keeps parked. A call takes a parked child, or has one forked when
//! there is none; a filler tops the pool up behind it, a moment later, and never while calls are waiting for a fork themselves.

use std::{
    collections::VecDeque,
    num::NonZero,
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use mcpbox_jail::JailSpec;
use tokio::{sync::Notify, time::Instant};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    cgroup::Cgroups,
    config::SandboxConfig,
    error::SandboxError,
    metrics::PoolMetrics,
    wire::{Reader, Said},
    zygote::{Child, ForkError, Zygote},
};

mod demand;
mod source;

use demand::Demand;
use source::Source;

/// How long a child may take from fork to parked.
const PARK_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a full pool waits before it replaces the one child that was taken: a fork beside a short call doubles its time.
const LINGER: Duration = Duration::from_millis(2);
/// How often an idle pool looks at itself.
const TICK: Duration = Duration::from_secs(5);

/// How a pool behaves.
#[derive(Debug, Clone)]
pub(crate) struct PoolConfig {
    /// The program that becomes a jail.
    pub(crate) program: PathBuf,
    /// Most children that wait.
    pub(crate) max_parked: usize,
    /// Where children get a control group of their own.
    pub(crate) cgroups: Option<Arc<Cgroups>>,
    /// A zygote is replaced after this many children …
    pub(crate) recycle_after_calls: u64,
    /// … or this time.
    pub(crate) recycle_after: Duration,
    /// Where it counts.
    pub(crate) metrics: PoolMetrics,
    /// What must hold before a zygote starts.
    pub(crate) check: Option<Check>,
}

/// Something that must hold before a zygote starts, such as that files are what was installed. Blocking.
#[derive(Clone)]
pub(crate) struct Check(pub(crate) Arc<dyn Fn() -> Result<(), SandboxError> + Send + Sync>);

impl std::fmt::Debug for Check {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Check")
    }
}

impl PoolConfig {
    /// As the sandbox's configuration has it.
    pub(crate) fn new(config: &SandboxConfig, cgroups: Option<&Arc<Cgroups>>, metrics: PoolMetrics) -> Self {
        Self {
            program: config.jail_program.clone(),
            max_parked: config.max_parked_per_environment,
            cgroups: cgroups.cloned(),
            // The probes at start need their victim beside them: in another jail its process id may be their own.
            recycle_after_calls: config.recycle_after_calls.max(2),
            recycle_after: config.recycle_after,
            metrics,
            check: None,
        }
    }
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Pool {
    config: PoolConfig,
    source: Source,
    parked: Mutex<VecDeque<Child>>,
    demand: Mutex<Demand>,
    /// Calls that wait for a fork of their own.
    forking: AtomicU32,
    taken: Notify,
    processors: usize,
}

/// Gives the demand back when a call is over.
#[derive(Debug)]
pub(crate) struct Running(Arc<Pool>);

impl Drop for Running {
    fn drop(&mut self) {
        lock(&self.0.demand).end(Instant::now());
    }
}

impl Pool {
    /// A pool for this jail. Nothing runs yet.
    pub(crate) fn new(config: PoolConfig, spec: JailSpec, tasks: TaskTracker) -> Arc<Self> {
        Arc::new(Self {
            source: Source::new(config.program.clone(), spec, tasks, config.metrics.clone(), config.check.clone()),
            config,
            parked: Mutex::default(),
            demand: Mutex::default(),
            forking: AtomicU32::new(0),
            taken: Notify::new(),
            processors: std::thread::available_parallelism().map_or(1, NonZero::get),
        })
    }

    /// Starts the zygote, so that a machine on which it cannot start is noticed at once.
    pub(crate) async fn warm_up(&self) -> Result<(), SandboxError> {
        self.source.zygote().await.map(drop)
    }

    /// See [`crate::Sandbox::time_cold_zygote`].
    pub(crate) async fn time_cold_zygote(&self) -> Result<Duration, SandboxError> {
        let begun = Instant::now();
        self.source.spare().await.map(|_| begun.elapsed())
    }

    /// From now on jails are made by this spec; parked children of the old one are let go.
    pub(crate) fn replace_spec(&self, spec: JailSpec) {
        self.source.replace_spec(spec);
        lock(&self.parked).clear();
        self.taken.notify_one();
    }

    /// A child for one call: parked, or else forked now (it takes its run frame as soon as it is locked down).
    pub(crate) async fn take(self: &Arc<Self>) -> Result<(Child, Running), SandboxError> {
        lock(&self.demand).begin(Instant::now());
        let running = Running(Arc::clone(self));
        if let Some(child) = self.pop() {
            self.taken.notify_one();
            return Ok((child, running));
        }
        self.forking.fetch_add(1, Ordering::Relaxed);
        let child = self.fork(false).await;
        self.config.metrics.forks_on_demand.inc_by(u64::from(child.is_ok()));
        if self.forking.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.taken.notify_one();
        }
        Ok((child?, running))
    }

    /// What it counts.
    pub(crate) fn metrics(&self) -> &PoolMetrics {
        &self.config.metrics
    }

    /// When a call last ran: now while one does, none when there was none yet.
    pub(crate) fn last_call(&self, now: Instant) -> Option<Instant> {
        lock(&self.demand).last(now)
    }

    /// Children that wait.
    pub(crate) fn parked(&self) -> usize {
        lock(&self.parked).len()
    }

    fn pop(&self) -> Option<Child> {
        let mut parked = lock(&self.parked);
        loop {
            let child = parked.pop_front()?;
            if child.is_usable() && !child.has_ended() {
                return Some(child);
            }
        }
    }

    async fn fork(&self, rehearse: bool) -> Result<Child, SandboxError> {
        let mut forked = self.fork_of(self.source.zygote().await?, rehearse).await;
        if matches!(forked, Err(ForkError::Gone)) {
            // It had ended, and that had not been heard of yet.
            forked = self.fork_of(self.source.zygote().await?, rehearse).await;
        }
        forked.map_err(|error| SandboxError::Zygote(error.to_string()))
    }

    async fn fork_of(&self, zygote: Zygote, rehearse: bool) -> Result<Child, ForkError> {
        let leaf = self.config.cgroups.as_ref().map(Cgroups::leaf).transpose().unwrap_or_else(|error| {
            tracing::warn!(%error, "a call gets no control group; its other limits hold");
            None
        });
        let forked = zygote.fork(rehearse, leaf).await;
        if zygote.forked() >= self.config.recycle_after_calls || zygote.age() >= self.config.recycle_after {
            self.source.retire(&zygote);
        }
        forked
    }

    /// Keeps the pool filled until `stop`.
    pub(crate) async fn fill(self: Arc<Self>, stop: CancellationToken) {
        while !stop.is_cancelled() {
            match self.missing() {
                Missing::None => {
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = self.taken.notified() => self.linger().await,
                        () = tokio::time::sleep(TICK) => {}
                    }
                }
                Missing::One => {
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = self.park_one() => {}
                    }
                }
            }
        }
        lock(&self.parked).clear();
        self.config.metrics.parked.set(0);
        self.source.close();
    }

    /// Lets a single call have the processor while the pool is full but for its child; whoever takes another ends that.
    async fn linger(&self) {
        let target = lock(&self.demand).target(Instant::now(), self.config.max_parked);
        if self.parked() + 1 < target {
            return;
        }
        let _ = tokio::time::timeout(LINGER, self.taken.notified()).await;
    }

    fn missing(&self) -> Missing {
        let target = lock(&self.demand).target(Instant::now(), self.config.max_parked);
        let mut parked = lock(&self.parked);
        parked.retain(Child::is_usable);
        let shrunk = parked.len().saturating_sub(1); // one at a time
        parked.truncate(target.max(shrunk));
        self.config.metrics.parked.set(i64::try_from(parked.len()).unwrap_or(i64::MAX));
        let is_busy = self.forking.load(Ordering::Relaxed) > 0;
        if parked.len() < target && !is_busy { Missing::One } else { Missing::None }
    }

    async fn park_one(&self) {
        // A rehearsal spares the next call time and costs some more: not while calls want all processors.
        let rehearse = lock(&self.demand).running() < self.processors;
        match self.fork(rehearse).await {
            Ok(mut child) => {
                self.config.metrics.forks_ahead.inc();
                if let Ok(Ok(())) = tokio::time::timeout(PARK_TIMEOUT, until_parked(&child)).await {
                    child.is_locked = true;
                    lock(&self.parked).push_back(child);
                }
            }
            Err(error) => {
                tracing::debug!(%error, "no child could be parked");
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    }
}

enum Missing {
    None,
    One,
}

async fn until_parked(child: &Child) -> Result<(), String> {
    let mut reader = Reader::default();
    match reader.next(&child.stream, 0).await {
        Ok((Said::Parked, _)) => Ok(()),
        Ok((Said::Broken { reason }, _)) => {
            tracing::error!(reason, "a sandbox process could not be locked down; run 'mcpbox doctor'");
            Err(reason)
        }
        Ok(_) => Err("an unexpected message".into()),
        Err(error) => Err(error.to_string()),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
