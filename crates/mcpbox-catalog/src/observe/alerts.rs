//! Alerts: a few conditions that a human must hear of. Each is told once when it begins and once when it is over, however many
//! processes see it.

use std::{collections::BTreeSet, collections::VecDeque, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use mcpbox_core::{execute::SandboxTier, notification::NoticeEvent};
use mcpbox_store::{StoreError, alerts};

use super::window::Tally;
use crate::{Catalog, CatalogError, background::Timer, backup, source};

/// Less free space, in bytes, is a disk that is almost full; it is well again with twice as much.
pub const DISK_FREE_MIN: u64 = 512 << 20;

/// How often it is looked.
const EVERY: Duration = Duration::from_secs(10);
/// Looks that a crash is remembered for: a minute.
const LOOKS: usize = 6;
/// So many crashes within that are a loop.
const CRASHES: u64 = 5;
/// Fewer calls within five minutes say nothing.
const CALLS_MIN: u64 = 20;
/// What is still so is said again after this, and what was not said for three times as long is forgotten.
const SAID_EVERY: TimeDelta = TimeDelta::seconds(60);
const SILENT_AFTER: TimeDelta = TimeDelta::seconds(180);

/// Looks at this process for alerts.
pub struct Lookout {
    /// Names this process among those that share a database, the same after a restart.
    source: String,
    /// Free bytes where data is; none when that cannot be told.
    disk: Box<dyn Fn() -> Option<u64> + Send + Sync>,
    /// Crashes so far, at the last looks.
    crashes: VecDeque<u64>,
    active: BTreeSet<NoticeEvent>,
    /// When everything was last written; none before the first look.
    said_at: Option<DateTime<Utc>>,
}

impl Lookout {
    /// Nothing was seen yet.
    pub fn new(source: String, disk: impl Fn() -> Option<u64> + Send + Sync + 'static) -> Self {
        Self { source, disk: Box::new(disk), crashes: VecDeque::new(), active: BTreeSet::new(), said_at: None }
    }

    /// Looks once, and writes what changed.
    ///
    /// # Errors
    /// The store cannot be read or written.
    pub async fn look(&mut self, cat: &Catalog) -> Result<(), CatalogError> {
        let now = cat.clock.now();
        let mut seen = BTreeSet::new();
        for event in NoticeEvent::ALERTS {
            let is_so = match event {
                NoticeEvent::SandboxFailure => self.sandbox_fails(cat),
                NoticeEvent::TierDrop => self.tier_dropped(cat).await?,
                NoticeEvent::ErrorRate => many_fail(cat.observe.calls.window.sum(), self.active.contains(&event)),
                NoticeEvent::BackupFailed => backup::is_failing(cat),
                NoticeEvent::SourceDown => source::is_any_down(cat).await?,
                NoticeEvent::ToolQuarantined => source::is_any_quarantined(cat),
                _ => self.disk_is_full(),
            };
            if is_so {
                seen.insert(event);
            }
        }
        let is_due = self.said_at.is_none_or(|said| said + SAID_EVERY <= now);
        if seen != self.active || is_due {
            self.write(cat, &seen, now).await?;
            self.active = seen;
            self.said_at = Some(now);
        }
        Ok(())
    }

    async fn write(&self, cat: &Catalog, seen: &BTreeSet<NoticeEvent>, now: DateTime<Utc>) -> Result<(), StoreError> {
        let tx = cat.store.begin().await?;
        for event in NoticeEvent::ALERTS {
            match seen.contains(&event) {
                true => alerts::raise(&tx, event, &self.source, now).await?,
                false => alerts::settle(&tx, event, &self.source, now).await?,
            }
        }
        alerts::forget_silent(&tx, now - SILENT_AFTER, now).await?;
        tx.commit().await?;
        for event in seen.difference(&self.active) {
            tracing::error!(alert = ?event, "{}", sentence(*event));
        }
        for event in self.active.difference(seen) {
            tracing::warn!(alert = ?event, "an alert is over");
        }
        Ok(())
    }

    /// Crashes in a loop, or nobody there.
    fn sandbox_fails(&mut self, cat: &Catalog) -> bool {
        let crashes = cat.executor.crashes();
        self.crashes.push_back(crashes);
        if self.crashes.len() > LOOKS {
            self.crashes.pop_front();
        }
        let lately = crashes - self.crashes.front().copied().unwrap_or(crashes).min(crashes);
        // A loop that slows down is still one.
        let least = if self.active.contains(&NoticeEvent::SandboxFailure) { 1 } else { CRASHES };
        lately >= least || !cat.executor.is_reachable()
    }

    /// Whether fewer layers hold than ever did here. What is best is kept, so that it is also seen after a restart.
    async fn tier_dropped(&self, cat: &Catalog) -> Result<bool, StoreError> {
        if !cat.executor.is_reachable() {
            return Ok(self.active.contains(&NoticeEvent::TierDrop));
        }
        let rank = match cat.executor.status().tier {
            SandboxTier::Full => 2,
            SandboxTier::NoNamespaces => 1,
            SandboxTier::None => 0,
        };
        let best = alerts::best_rank(&cat.store.reader(), &self.source).await?;
        if best.is_none_or(|best| rank > best) {
            let tx = cat.store.begin().await?;
            alerts::keep_rank(&tx, &self.source, rank).await?;
            tx.commit().await?;
        }
        Ok(best.is_some_and(|best| rank < best))
    }

    fn disk_is_full(&self) -> bool {
        let was_full = self.active.contains(&NoticeEvent::DiskFull);
        match (self.disk)() {
            Some(free) => free < if was_full { DISK_FREE_MIN * 2 } else { DISK_FREE_MIN },
            None => was_full,
        }
    }
}

impl std::fmt::Debug for Lookout {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lookout").field("source", &self.source).field("active", &self.active).finish_non_exhaustive()
    }
}

/// Begins with half of the calls, and is over with fewer than a quarter.
fn many_fail(lately: Tally, was_so: bool) -> bool {
    match was_so {
        true => lately.failures > 0 && lately.failures * 4 >= lately.calls,
        false => lately.calls >= CALLS_MIN && lately.failures * 2 >= lately.calls,
    }
}

/// What an alert says, for people.
pub(crate) fn sentence(event: NoticeEvent) -> &'static str {
    match event {
        NoticeEvent::SandboxFailure => {
            "Tools cannot run: the sandbox's processes crash over and over, or no worker can be reached. Look at the log, and run 'mcpbox doctor'."
        }
        NoticeEvent::TierDrop => {
            "Fewer layers of the sandbox hold than before. Run 'mcpbox doctor' to see which are missing and why."
        }
        NoticeEvent::ErrorRate => {
            "Half of the calls of the last five minutes failed. Look at Activity for what they say."
        }
        NoticeEvent::DiskFull => {
            "The disk is almost full. Make room, or shorten how long records of runs are kept (Settings)."
        }
        NoticeEvent::BackupFailed => "The last scheduled backup could not be made. Settings, Backup says why.",
        NoticeEvent::SourceDown => {
            "A source of tools does not answer. The page of its server, under Sources, says which and why."
        }
        NoticeEvent::ToolQuarantined => {
            "A tool is withheld: its source offers another one than was approved. Look at what changed under Approvals."
        }
        NoticeEvent::ReviewWaiting | NoticeEvent::GrantedGet | NoticeEvent::RuleApproved => "",
    }
}

/// Starts to look in the background; it ends with the catalog.
pub fn watch(cat: &Arc<Catalog>, mut lookout: Lookout) {
    let mut timer = Timer::of(cat, Duration::ZERO, EVERY);
    cat.background.spawn(async move {
        while let Some(cat) = timer.next().await {
            if let Err(error) = lookout.look(&cat).await {
                tracing::warn!(%error, "it could not be looked for alerts; tried again in 10 s");
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_rate_begins_at_half_of_enough_calls_and_ends_below_a_quarter() {
        let tally = |calls, failures| Tally { calls, failures };
        assert!(!many_fail(tally(19, 19), false) && !many_fail(tally(100, 49), false));
        assert!(many_fail(tally(20, 10), false) && many_fail(tally(100, 25), true));
        assert!(!many_fail(tally(100, 24), true) && !many_fail(tally(0, 0), true));
    }
}
