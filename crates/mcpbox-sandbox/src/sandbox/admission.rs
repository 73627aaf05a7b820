//! Who may run now: at most so many calls at once, and never more than memory for what they may use together. The rest waits in a
//! bounded queue, in order, and is refused when that is full or it has waited too long.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use mcpbox_core::{
    failure::{Failure, FailureKind},
    server::Limits,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::counted::{Counted, Gauged};
use crate::{config::SandboxConfig, metrics::PoolMetrics};

/// Longest wait for a place.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(30);
/// One part in so many is what runs that call other tools get beside the calls.
const SCRIPTS_SHARE: usize = 4;
/// Unit in which memory is counted.
const UNIT_BYTES: u64 = 1 << 20;

/// See the module.
#[derive(Debug)]
pub(super) struct Admission {
    calls: Arc<Semaphore>,
    calls_max: u32,
    memory: Arc<Semaphore>,
    memory_max: u32,
    queued: AtomicU32,
    queue_limit: u32,
}

/// A place among the running calls, given back when dropped.
#[derive(Debug)]
pub(super) struct Place {
    _call: OwnedSemaphorePermit,
    _memory: OwnedSemaphorePermit,
}

impl Admission {
    pub(super) fn new(config: &SandboxConfig) -> Self {
        let (calls_max, memory_max) = (number(config.max_concurrent as u64), units(config.memory_bytes).max(1));
        Self {
            calls: Arc::new(Semaphore::new(calls_max as usize)),
            calls_max,
            memory: Arc::new(Semaphore::new(memory_max as usize)),
            memory_max,
            queued: AtomicU32::new(0),
            queue_limit: number(config.queue_limit as u64),
        }
    }

    /// For runs that call other tools: a quarter of the places and of the memory, on top of those of the calls.
    pub(super) fn for_scripts(config: &SandboxConfig) -> Self {
        let max_concurrent = (config.max_concurrent / SCRIPTS_SHARE).max(1);
        let memory_bytes = config.memory_bytes / SCRIPTS_SHARE as u64;
        Self::new(&SandboxConfig { max_concurrent, memory_bytes, ..config.clone() })
    }

    /// A place for a call with these limits.
    ///
    /// # Errors
    /// The queue is full, or nothing became free in time.
    pub(super) async fn admit(&self, limits: &Limits, metrics: &PoolMetrics) -> Result<Place, Failure> {
        // What alone is more than there is runs alone.
        let memory = units(limits.memory_bytes).clamp(1, self.memory_max);
        if let Some(place) = self.try_now(memory) {
            return Ok(place);
        }
        let full = || {
            metrics.rejected.inc();
            Failure::new(FailureKind::Unavailable, "the sandbox is busy: too many tools run at once")
                .hint("Call again in a few seconds, and make fewer calls at once")
        };
        let queued = Counted::new(&self.queued);
        if queued.others() >= self.queue_limit {
            return Err(full());
        }
        let _waiting = Gauged::new(&metrics.queued);
        let place = async {
            let call = Arc::clone(&self.calls).acquire_owned().await.ok()?;
            let memory = Arc::clone(&self.memory).acquire_many_owned(memory).await.ok()?;
            Some(Place { _call: call, _memory: memory })
        };
        tokio::time::timeout(QUEUE_TIMEOUT, place).await.ok().flatten().ok_or_else(full)
    }

    fn try_now(&self, memory: u32) -> Option<Place> {
        let call = Arc::clone(&self.calls).try_acquire_owned().ok()?;
        let memory = Arc::clone(&self.memory).try_acquire_many_owned(memory).ok()?;
        Some(Place { _call: call, _memory: memory })
    }

    /// Calls that wait.
    pub(super) fn queued(&self) -> u32 {
        self.queued.load(Ordering::Relaxed)
    }

    /// Returns when nothing runs any more.
    pub(super) async fn all_ended(&self) {
        let _ = self.calls.acquire_many(self.calls_max).await;
    }
}

fn units(bytes: u64) -> u32 {
    number(bytes.div_ceil(UNIT_BYTES))
}

/// A number of permits that a semaphore can have.
fn number(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX).min(u32::MAX >> 4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Metrics;

    fn admission(calls: usize, memory_bytes: u64, queue_limit: usize) -> Admission {
        Admission::new(&SandboxConfig { max_concurrent: calls, memory_bytes, queue_limit, ..SandboxConfig::default() })
    }

    fn limits(memory_bytes: u64) -> Limits {
        Limits { memory_bytes, ..Limits::default() }
    }

    #[tokio::test]
    async fn calls_together_never_get_more_memory_than_there_is() {
        let (metrics, admission) = (Metrics::new().pool("lean"), admission(8, 1 << 30, 0));
        let half = limits(512 << 20);
        let (first, _second) =
            (admission.admit(&half, &metrics).await.unwrap(), admission.admit(&half, &metrics).await.unwrap());
        let refused = admission.admit(&limits(1 << 20), &metrics).await.unwrap_err();
        assert!(refused.kind == FailureKind::Unavailable && refused.hint.is_some(), "{refused:?}");
        drop(first);
        admission.admit(&limits(1 << 20), &metrics).await.unwrap();
    }

    #[tokio::test]
    async fn what_needs_more_than_there_is_runs_alone() {
        let (metrics, admission) = (Metrics::new().pool("lean"), admission(8, 1 << 30, 0));
        let large = admission.admit(&limits(64 << 30), &metrics).await.unwrap();
        assert!(admission.admit(&limits(1), &metrics).await.is_err());
        drop(large);
        assert!(admission.admit(&limits(1), &metrics).await.is_ok());
    }

    #[tokio::test]
    async fn who_waits_gets_the_next_place() {
        let (metrics, admission) = (Metrics::new().pool("lean"), admission(1, 1 << 30, 1));
        let running = admission.admit(&limits(1), &metrics).await.unwrap();
        let small = limits(1);
        let waiting = admission.admit(&small, &metrics);
        tokio::pin!(waiting);
        assert!(futures::poll!(&mut waiting).is_pending());
        assert_eq!(admission.queued(), 1);
        assert!(admission.admit(&limits(1), &metrics).await.is_err(), "the queue has one place");
        drop(running);
        waiting.await.unwrap();
        assert_eq!(admission.queued(), 0);
    }
}
