//! The wall clock of a call. It stands still while a person thinks about a question, but not for ever.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use mcpbox_core::ask::WAIT_MAX;
use tokio::{sync::Notify, time::Instant};

/// Room for whoever waits for the person to give up first, with a better reason.
const SPARE: Duration = Duration::from_secs(5);

/// See the module.
pub(super) struct Clock {
    state: Mutex<State>,
    changed: Notify,
}

struct State {
    deadline: Instant,
    /// How much longer it may stand still, in all.
    patience: Duration,
    /// Since when it stands still.
    stopped: Option<Instant>,
}

impl Clock {
    /// A clock that runs out after `limit`.
    pub(super) fn new(limit: Duration) -> Self {
        Self { state: Mutex::new(State::new(limit, Instant::now())), changed: Notify::new() }
    }

    /// Lets it stand still, or run on.
    pub(super) fn stand_still(&self, stands: bool) {
        if self.lock().stand_still(stands, Instant::now()) {
            self.changed.notify_waiters();
        }
    }

    /// Waits until the time is up.
    pub(super) async fn run_out(&self) {
        loop {
            let changed = self.changed.notified();
            let until = self.lock().until();
            tokio::select! {
                () = tokio::time::sleep_until(until) => return,
                () = changed => {}
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn new(limit: Duration, now: Instant) -> Self {
        Self { deadline: now + limit, patience: WAIT_MAX + SPARE, stopped: None }
    }

    /// Whether that changes anything.
    fn stand_still(&mut self, stands: bool, now: Instant) -> bool {
        match (stands, self.stopped) {
            (true, None) => self.stopped = Some(now),
            (false, Some(since)) => {
                let waited = (now - since).min(self.patience);
                self.patience -= waited;
                self.deadline += waited;
                self.stopped = None;
            }
            _ => return false,
        }
        true
    }

    /// When it runs out, if nothing changes.
    fn until(&self) -> Instant {
        self.stopped.map_or(self.deadline, |since| since + self.patience)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_stands_still_while_somebody_thinks_but_not_for_ever() {
        let (now, second) = (Instant::now(), Duration::from_secs(1));
        let mut state = State::new(second * 10, now);
        assert_eq!(state.until(), now + second * 10);
        assert!(state.stand_still(true, now + second * 8));
        assert!(!state.stand_still(true, now + second * 9));
        assert_eq!(state.until(), now + second * 8 + WAIT_MAX + SPARE);
        assert!(state.stand_still(false, now + second * 100));
        assert!(!state.stand_still(false, now + second * 101));
        assert_eq!(state.until(), now + second * 102);
        // All waiting together has its end.
        assert!(state.stand_still(true, now + second * 101));
        assert_eq!(state.until(), now + second * 101 + WAIT_MAX + SPARE - second * 92);
    }
}
