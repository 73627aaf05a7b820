//! What the server counts about its workers.

use std::sync::Arc;

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

use crate::metrics::seconds;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Of {
    worker: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Ended {
    worker: String,
    outcome: &'static str,
}

/// The families.
#[derive(Debug)]
pub(super) struct Counters {
    up: Family<Of, Gauge>,
    outstanding: Family<Of, Gauge>,
    taken_out: Family<Of, Counter>,
    calls: Family<Ended, Counter>,
    duration: Family<Of, Histogram, fn() -> Histogram>,
}

/// The handles of one worker.
#[derive(Debug)]
pub(super) struct WorkerCounters {
    worker: String,
    calls: Family<Ended, Counter>,
    /// 1 while it gets calls.
    pub(super) up: Gauge,
    /// Calls sent to it and not answered.
    pub(super) outstanding: Gauge,
    /// How often it was taken out.
    pub(super) taken_out: Counter,
    /// From sending to the outcome.
    pub(super) duration: Histogram,
}

impl Counters {
    pub(super) fn new() -> (Arc<Self>, Registry) {
        let it = Self {
            up: Family::default(),
            outstanding: Family::default(),
            taken_out: Family::default(),
            calls: Family::default(),
            duration: Family::new_with_constructor(seconds),
        };
        let mut registry = Registry::with_prefix("mcpbox_worker");
        registry.register("up", "Whether the worker gets calls", it.up.clone());
        registry.register("outstanding", "Calls sent and not yet answered", it.outstanding.clone());
        registry.register("taken_out", "How often the worker failed or fell silent", it.taken_out.clone());
        registry.register(
            "calls",
            "Calls: ended, not_started (given to another), refused, lost, cancelled",
            it.calls.clone(),
        );
        registry.register("call_duration_seconds", "From sending a call to its outcome", it.duration.clone());
        (Arc::new(it), registry)
    }

    pub(super) fn worker(&self, name: &str) -> WorkerCounters {
        let label = &Of { worker: name.to_owned() };
        WorkerCounters {
            worker: name.to_owned(),
            calls: self.calls.clone(),
            up: self.up.get_or_create_owned(label),
            outstanding: self.outstanding.get_or_create_owned(label),
            taken_out: self.taken_out.get_or_create_owned(label),
            duration: self.duration.get_or_create_owned(label),
        }
    }
}

impl WorkerCounters {
    pub(super) fn count(&self, outcome: &'static str) {
        self.calls.get_or_create(&Ended { worker: self.worker.clone(), outcome }).inc();
    }
}
