//! How much was carried, both ways.

use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes of bodies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// From tools to hosts.
    pub sent: u64,
    /// From hosts to tools.
    pub received: u64,
}

/// Counts while it is carried.
#[derive(Debug, Default)]
pub(crate) struct Carried {
    sent: AtomicU64,
    received: AtomicU64,
}

impl Carried {
    /// Some more went out.
    pub(crate) fn sent(&self, bytes: usize) {
        self.sent.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Some more came in.
    pub(crate) fn received(&self, bytes: usize) {
        self.received.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// So far.
    pub(crate) fn sum(&self) -> Traffic {
        Traffic { sent: self.sent.load(Ordering::Relaxed), received: self.received.load(Ordering::Relaxed) }
    }
}
