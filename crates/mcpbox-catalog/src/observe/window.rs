//! How the last minutes went: calls and failures, minute by minute.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Length of a slot.
const SLOT: Duration = Duration::from_secs(60);
/// Slots that are looked at together.
const SLOTS: usize = 5;

/// Calls and failures of a time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// Calls that ended.
    pub(super) calls: u64,
    /// Those that failed by their own or the machine's fault.
    pub(super) failures: u64,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Window(Mutex<Slots>);

#[derive(Debug)]
struct Slots {
    began: Instant,
    /// Newest first.
    tallies: [Tally; SLOTS],
}

impl Default for Window {
    fn default() -> Self {
        Self(Mutex::new(Slots { began: Instant::now(), tallies: [Tally::default(); SLOTS] }))
    }
}

impl Window {
    /// Counts a call.
    pub(super) fn count(&self, failed: bool) {
        self.at(Instant::now(), |slots| {
            if let Some(newest) = slots.tallies.first_mut() {
                newest.calls += 1;
                newest.failures += u64::from(failed);
            }
        });
    }

    /// The last five minutes.
    pub(super) fn sum(&self) -> Tally {
        self.sum_at(Instant::now())
    }

    fn sum_at(&self, now: Instant) -> Tally {
        self.at(now, |slots| {
            slots.tallies.iter().fold(Tally::default(), |sum, slot| Tally {
                calls: sum.calls + slot.calls,
                failures: sum.failures + slot.failures,
            })
        })
    }

    fn at<T>(&self, now: Instant, work: impl FnOnce(&mut Slots) -> T) -> T {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for _ in 0..SLOTS {
            if now.duration_since(slots.began) < SLOT {
                return work(&mut slots);
            }
            slots.began += SLOT;
            slots.tallies.rotate_right(1);
            if let Some(newest) = slots.tallies.first_mut() {
                *newest = Tally::default();
            }
        }
        // Nothing was counted for longer than the window: it begins anew.
        if now.duration_since(slots.began) >= SLOT {
            slots.began = now;
        }
        work(&mut slots)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_older_than_the_window_no_longer_counts() {
        let window = Window::default();
        let start = window.0.lock().unwrap().began;
        window.count(true);
        window.count(false);
        assert_eq!(window.sum_at(start + SLOT), Tally { calls: 2, failures: 1 });
        assert_eq!(window.sum_at(start + SLOT * 4), Tally { calls: 2, failures: 1 });
        assert_eq!(window.sum_at(start + SLOT * 6), Tally::default());
        assert_eq!(window.sum_at(start + SLOT * 600), Tally::default());
    }
}
