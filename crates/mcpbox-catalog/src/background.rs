//! Work that is done now and then for as long as the catalog lives.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;

use crate::catalog::Catalog;

/// Says when it is time, and keeps nothing alive meanwhile.
pub(crate) struct Timer {
    cat: Weak<Catalog>,
    stop: CancellationToken,
    ticks: Interval,
}

impl Timer {
    /// Time is after `first`, and every `period` from then on; later when the work took longer.
    pub(crate) fn of(cat: &Arc<Catalog>, first: Duration, period: Duration) -> Self {
        let mut ticks = interval_at(Instant::now() + first, period);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { cat: Arc::downgrade(cat), stop: cat.stop_background.clone(), ticks }
    }

    /// Waits until it is time. None when the catalog ends.
    pub(crate) async fn next(&mut self) -> Option<Arc<Catalog>> {
        tokio::select! {
            () = self.stop.cancelled() => None,
            _ = self.ticks.tick() => self.cat.upgrade(),
        }
    }
}
