//! Environments that give their processes up: those unused longest when there are too many, and any that idles.

use std::collections::BTreeMap;

use mcpbox_core::execute::LockedEnvironment;
use tokio::time::Instant;

use super::{Environment, Environments, Running, lock};

impl Environments {
    /// Ends the processes of those unused longest while there are too many.
    pub(super) fn make_room(&self, known: &mut BTreeMap<LockedEnvironment, Environment>, but: &LockedEnvironment) {
        let now = Instant::now();
        while known.values().filter(|found| found.pool.is_some()).count() > self.config.max_environments.max(1) {
            let others = known.iter_mut().filter(|(name, found)| *name != but && found.pool.is_some());
            let Some((_, oldest)) =
                others.min_by_key(|(_, found)| found.pool.as_ref().map(|running| running.used(now)))
            else {
                return;
            };
            self.evict(oldest);
        }
    }

    /// Of those that nobody used for a while.
    pub(super) fn evict_idle(&self, now: Instant) {
        let is_idle = |running: &Running| now.duration_since(running.used(now)) >= self.config.environment_idle;
        for found in lock(&self.known).values_mut() {
            if found.pool.as_ref().is_some_and(is_idle) {
                self.evict(found);
            }
        }
    }

    fn evict(&self, found: &mut Environment) {
        found.pool = None;
        // The end of its use counts; that its begin was noted is enough where this fails.
        let _noted = found.installed.note_use();
        self.surroundings.metrics.pool(&found.installed.name()).evicted.inc();
    }
}
