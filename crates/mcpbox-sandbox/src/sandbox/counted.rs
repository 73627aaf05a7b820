//! A gauge that cannot forget to go down, whatever way a call ends.

use std::sync::atomic::{AtomicU32, Ordering};

use prometheus_client::metrics::gauge::Gauge;

/// Counts itself as long as it lives.
pub(super) struct Counted<'a> {
    counter: &'a AtomicU32,
    others: u32,
}

impl<'a> Counted<'a> {
    pub(super) fn new(counter: &'a AtomicU32) -> Self {
        Self { others: counter.fetch_add(1, Ordering::Relaxed), counter }
    }

    /// How many were counted already when this one began.
    pub(super) fn others(&self) -> u32 {
        self.others
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.counter.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The same for a gauge of the metrics.
pub(super) struct Gauged<'a>(&'a Gauge);

impl<'a> Gauged<'a> {
    pub(super) fn new(gauge: &'a Gauge) -> Self {
        gauge.inc();
        Self(gauge)
    }
}

impl Drop for Gauged<'_> {
    fn drop(&mut self) {
        self.0.dec();
    }
}
