//! How fast a program is listened to: one that says more than anybody has use for waits, and nobody else does.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Messages, or pieces of them, and bytes that are taken within a second.
const TURNS: usize = 2_000;
const BYTES: usize = 64 << 20;
const SECOND: Duration = Duration::from_secs(1);

/// See the module.
#[derive(Debug)]
pub(crate) struct Pace {
    since: Instant,
    turns: usize,
    bytes: usize,
}

impl Default for Pace {
    fn default() -> Self {
        Self { since: Instant::now(), turns: 0, bytes: 0 }
    }
}

impl Pace {
    /// Counts something of this many bytes.
    pub(crate) fn count(&mut self, bytes: usize) {
        self.turns += 1;
        self.bytes = self.bytes.saturating_add(bytes);
    }

    /// Waits until more may be taken. May be given up and asked again.
    pub(crate) async fn turn(&mut self) {
        if self.turns >= TURNS || self.bytes >= BYTES {
            sleep_until(self.since + SECOND).await;
        }
        if self.since.elapsed() >= SECOND {
            *self = Self::default();
        }
    }
}
