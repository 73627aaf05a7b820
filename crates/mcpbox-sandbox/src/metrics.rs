//! What is counted, and how Prometheus reads it. Numbers and names of environments only: never arguments, hosts, secrets or
//! names of tools. A handle is a few shared atomics, so counting costs a call next to nothing.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use mcpbox_core::{
    execute::{HostOutcome, Outcome},
    failure::FailureKind,
};
use mcpbox_egress::Traffic;
use prometheus_client::{
    encoding::{EncodeLabelSet, text},
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::Registry,
};

/// The content type of [`Metrics::text`].
pub const METRICS_CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The word for a call that ended well.
const OK: &str = "ok";
/// Upper bounds of time histograms: 0.25 ms, doubling, up to 131 s.
const BUCKETS: (f64, f64, u16) = (0.000_25, 2.0, 20);

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct InPool {
    environment: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Forked {
    environment: String,
    kind: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Ended {
    environment: String,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Word {
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Way {
    direction: &'static str,
}

type Histograms = Family<InPool, Histogram, fn() -> Histogram>;

/// All that a sandbox counts.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    parked: Family<InPool, Gauge>,
    running: Family<InPool, Gauge>,
    queued: Family<InPool, Gauge>,
    forks: Family<Forked, Counter>,
    calls: Family<Ended, Counter>,
    rejected: Family<InPool, Counter>,
    queue_wait: Histograms,
    duration: Histograms,
    zygote_starts: Family<InPool, Counter>,
    zygote_deaths: Family<InPool, Counter>,
    /// Of all environments.
    deaths: Arc<AtomicU64>,
    recycled: Family<InPool, Counter>,
    evicted: Family<InPool, Counter>,
    egress: Family<Word, Counter>,
    refused: Family<Word, Counter>,
    carried: Family<Way, Counter>,
}

/// The handles of one pool.
#[derive(Debug, Clone)]
pub(crate) struct PoolMetrics {
    environment: String,
    calls: Family<Ended, Counter>,
    egress: Family<Word, Counter>,
    queue_wait: Histogram,
    duration: Histogram,
    /// Processes that wait for a call.
    pub(crate) parked: Gauge,
    /// Calls that run.
    pub(crate) running: Gauge,
    /// Calls that wait for their turn.
    pub(crate) queued: Gauge,
    /// Processes forked ahead of a call.
    pub(crate) forks_ahead: Counter,
    /// Processes forked for a call that waited.
    pub(crate) forks_on_demand: Counter,
    /// Calls refused because too many ran or waited.
    pub(crate) rejected: Counter,
    /// Zygotes started.
    pub(crate) zygote_starts: Counter,
    zygote_deaths: Counter,
    deaths: Arc<AtomicU64>,
    /// Zygotes replaced because of age or use.
    pub(crate) recycled: Counter,
    /// Zygotes let go because nobody used them.
    pub(crate) evicted: Counter,
}

impl Metrics {
    pub(crate) fn new() -> Arc<Self> {
        let mut metrics = Self {
            registry: Registry::with_prefix("mcpbox_sandbox"),
            parked: Family::default(),
            running: Family::default(),
            queued: Family::default(),
            forks: Family::default(),
            calls: Family::default(),
            rejected: Family::default(),
            queue_wait: Family::new_with_constructor(seconds),
            duration: Family::new_with_constructor(seconds),
            zygote_starts: Family::default(),
            zygote_deaths: Family::default(),
            deaths: Arc::default(),
            recycled: Family::default(),
            evicted: Family::default(),
            egress: Family::default(),
            refused: Family::default(),
            carried: Family::default(),
        };
        for outcome in [HostOutcome::Reached, HostOutcome::Failed, HostOutcome::Denied, HostOutcome::Mocked] {
            let _shown = metrics.egress.get_or_create_owned(&Word { outcome: attempted(outcome) });
        }
        metrics.register();
        Arc::new(metrics)
    }

    fn register(&mut self) {
        let it = &mut self.registry;
        it.register("parked", "Locked-down processes that wait for a call", self.parked.clone());
        it.register("running", "Calls that run now", self.running.clone());
        it.register("queued", "Calls that wait for their turn", self.queued.clone());
        it.register("forks", "Processes forked, ahead of a call or on demand", self.forks.clone());
        it.register("calls", "Calls by how they ended: ok, or the kind of failure", self.calls.clone());
        it.register("rejected", "Calls refused because too many ran or waited already", self.rejected.clone());
        it.register("queue_wait_seconds", "From asking to having a process", self.queue_wait.clone());
        it.register("call_duration_seconds", "From having a process to the answer", self.duration.clone());
        it.register("zygote_starts", "Zygotes started", self.zygote_starts.clone());
        it.register("zygote_deaths", "Zygotes that ended unexpectedly", self.zygote_deaths.clone());
        it.register("recycled", "Zygotes replaced because of age or number of calls", self.recycled.clone());
        it.register("evicted", "Zygotes let go because their environment was idle", self.evicted.clone());
        it.register("egress_requests", "HTTP attempts of tools (at most 100 per call)", self.egress.clone());
        it.register("worker_refusals", "Requests a worker refused before running anything", self.refused.clone());
        it.register("egress_bytes", "Bytes of bodies carried between tools and hosts", self.carried.clone());
    }

    /// The handles of the pool of this environment.
    pub(crate) fn pool(&self, environment: &str) -> PoolMetrics {
        let label = &InPool { environment: environment.to_owned() };
        let forks = |kind| self.forks.get_or_create_owned(&Forked { environment: environment.to_owned(), kind });
        PoolMetrics {
            calls: self.calls.clone(),
            egress: self.egress.clone(),
            queue_wait: self.queue_wait.get_or_create_owned(label),
            duration: self.duration.get_or_create_owned(label),
            parked: self.parked.get_or_create_owned(label),
            running: self.running.get_or_create_owned(label),
            queued: self.queued.get_or_create_owned(label),
            forks_ahead: forks("ahead"),
            forks_on_demand: forks("on_demand"),
            rejected: self.rejected.get_or_create_owned(label),
            zygote_starts: self.zygote_starts.get_or_create_owned(label),
            zygote_deaths: self.zygote_deaths.get_or_create_owned(label),
            deaths: Arc::clone(&self.deaths),
            recycled: self.recycled.get_or_create_owned(label),
            evicted: self.evicted.get_or_create_owned(label),
            environment: environment.to_owned(),
        }
    }

    /// Zygotes that ended by themselves, in all environments.
    pub(crate) fn deaths(&self) -> u64 {
        self.deaths.load(Ordering::Relaxed)
    }

    /// A request to a worker that was refused for this reason.
    pub(crate) fn refused(&self, reason: &'static str) {
        self.refused.get_or_create(&Word { outcome: reason }).inc();
    }

    /// Everything, in the OpenMetrics text format ([`METRICS_CONTENT_TYPE`]).
    pub(crate) fn text(&self, traffic: Traffic) -> String {
        for (direction, bytes) in [("sent", traffic.sent), ("received", traffic.received)] {
            let counter = self.carried.get_or_create_owned(&Way { direction });
            counter.inner().fetch_max(bytes, Ordering::Relaxed);
        }
        encode(&self.registry)
    }
}

impl PoolMetrics {
    /// A zygote ended by itself.
    pub(crate) fn zygote_died(&self) {
        self.zygote_deaths.inc();
        self.deaths.fetch_add(1, Ordering::Relaxed);
    }

    /// Begins to follow a call. Dropping what comes back without [`CallMeter::ended`] counts it as cancelled.
    pub(crate) fn call(&self) -> CallMeter<'_> {
        CallMeter { pool: self, asked: Instant::now(), started: None, is_counted: false }
    }

    fn count(&self, outcome: &'static str) {
        self.calls.get_or_create(&Ended { environment: self.environment.clone(), outcome }).inc();
    }
}

/// Follows one call.
pub(crate) struct CallMeter<'a> {
    pool: &'a PoolMetrics,
    asked: Instant,
    started: Option<Instant>,
    is_counted: bool,
}

impl CallMeter<'_> {
    /// It has a process.
    pub(crate) fn started(&mut self) {
        let now = Instant::now();
        self.pool.queue_wait.observe(now.duration_since(self.asked).as_secs_f64());
        self.pool.running.inc();
        self.started = Some(now);
    }

    /// It ended like this.
    pub(crate) fn ended(mut self, outcome: &Outcome) {
        self.is_counted = true;
        self.pool.count(outcome.result.as_ref().map_or_else(|failure| failure.kind.as_str(), |_| OK));
        for attempt in &outcome.observed.hosts {
            self.pool.egress.get_or_create(&Word { outcome: attempted(attempt.outcome) }).inc();
        }
    }
}

impl Drop for CallMeter<'_> {
    fn drop(&mut self) {
        if let Some(started) = self.started {
            self.pool.running.dec();
            self.pool.duration.observe(started.elapsed().as_secs_f64());
        }
        if !self.is_counted {
            self.pool.count(FailureKind::Cancelled.as_str());
        }
    }
}

/// A registry as text.
pub(crate) fn encode(registry: &Registry) -> String {
    let mut text = String::new();
    // Writing to a text cannot fail.
    let _ = text::encode(&mut text, registry);
    text
}

/// A histogram of seconds.
pub(crate) fn seconds() -> Histogram {
    let (least, factor, count) = BUCKETS;
    Histogram::new(exponential_buckets(least, factor, count))
}

fn attempted(outcome: HostOutcome) -> &'static str {
    match outcome {
        HostOutcome::Reached => "reached",
        HostOutcome::Failed => "failed",
        HostOutcome::Denied => "denied",
        HostOutcome::Mocked => "mocked",
    }
}
