//! How many children should wait: as many as calls ran at once lately, and enough for the rate at which they come.

use std::time::Duration;

use tokio::time::Instant;

/// What "lately" means.
const WINDOW: Duration = Duration::from_secs(10);
/// The least that waits.
const LEAST: usize = 2;
/// Calls per window that are worth one more waiting child.
const CALLS_PER_CHILD: usize = 100;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Demand {
    running: usize,
    /// Most at once and calls begun, in this window and the one before.
    current: (usize, usize),
    previous: (usize, usize),
    window: Option<Instant>,
    /// When the last call ended.
    ended: Option<Instant>,
}

impl Demand {
    /// A call begins.
    pub(super) fn begin(&mut self, now: Instant) {
        self.turn(now);
        self.running += 1;
        self.current = (self.current.0.max(self.running), self.current.1 + 1);
    }

    /// A call ends.
    pub(super) fn end(&mut self, now: Instant) {
        self.running = self.running.saturating_sub(1);
        self.ended = Some(now);
    }

    /// When a call last ran: now while one does, none when there was none yet.
    pub(super) fn last(&self, now: Instant) -> Option<Instant> {
        if self.running > 0 { Some(now) } else { self.ended }
    }

    /// Calls that run now.
    pub(super) fn running(&self) -> usize {
        self.running
    }

    /// How many should wait.
    pub(super) fn target(&mut self, now: Instant, most: usize) -> usize {
        self.turn(now);
        let at_once = self.current.0.max(self.previous.0);
        let rate = self.current.1.max(self.previous.1) / CALLS_PER_CHILD;
        LEAST.max(at_once).max(rate).min(most)
    }

    fn turn(&mut self, now: Instant) {
        let begun = *self.window.get_or_insert(now);
        let passed = now.duration_since(begun);
        if passed < WINDOW {
            return;
        }
        self.previous = if passed < WINDOW * 2 { self.current } else { (0, 0) };
        self.current = (self.running, 0);
        self.window = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_target_follows_concurrency_and_forgets_it() {
        let start = Instant::now();
        let mut demand = Demand::default();
        assert_eq!(demand.target(start, 16), 2);
        for _ in 0..9 {
            demand.begin(start);
        }
        assert_eq!(demand.target(start, 16), 9);
        assert_eq!(demand.target(start, 4), 4);
        for _ in 0..9 {
            demand.end(start);
        }
        assert_eq!(demand.target(start + WINDOW, 16), 9);
        assert_eq!(demand.target(start + WINDOW * 2, 16), 2);
    }

    #[test]
    fn a_fast_single_caller_gets_a_reserve() {
        let start = Instant::now();
        let mut demand = Demand::default();
        for _ in 0..1000 {
            demand.begin(start);
            demand.end(start);
        }
        assert_eq!(demand.target(start, 16), 10);
    }

    #[test]
    fn it_is_in_use_until_the_last_call_has_ended() {
        let start = Instant::now();
        let mut demand = Demand::default();
        assert_eq!(demand.last(start), None);
        demand.begin(start);
        demand.begin(start);
        demand.end(start + WINDOW);
        assert_eq!(demand.last(start + WINDOW * 2), Some(start + WINDOW * 2));
        demand.end(start + WINDOW * 3);
        assert_eq!(demand.last(start + WINDOW * 5), Some(start + WINDOW * 3));
    }
}
