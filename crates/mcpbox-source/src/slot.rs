//! What is known of one source: its connection, how it is, when it may be tried again.

use std::{
    sync::{Arc, Mutex as StdMutex, PoisonError},
    time::Duration,
};

use mcpbox_core::{failure::Failure, source::SourceTarget};
use tokio::{
    sync::{Mutex, Semaphore},
    time::Instant,
};

use crate::{connection::Connection, errors::Errors, pool::unreachable};

/// How long the first failure keeps the next attempt waiting, and the longest such wait.
const BACKOFF_FIRST: Duration = Duration::from_secs(1);
const BACKOFF_LAST: Duration = Duration::from_secs(60);

/// A program that lived less than this did not come up.
const SHORT_LIFE: Duration = Duration::from_secs(60);
/// What is known of one source.
pub(crate) struct Slot {
    pub(crate) connection: Mutex<Option<Arc<Connection>>>,
    pub(crate) state: StdMutex<State>,
    pub(crate) places: Semaphore,
    /// What it wrote to its standard error.
    pub(crate) errors: Arc<Errors>,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) protocol: Option<String>,
    pub(crate) failures: u32,
    /// Programs in a row that ended soon after they had come up.
    pub(crate) deaths: u32,
    pub(crate) error: String,
    pub(crate) not_before: Option<Instant>,
}

impl Slot {
    pub(crate) fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn check_turn(&self, target: &SourceTarget) -> Result<(), Failure> {
        let state = self.state();
        match state.not_before.and_then(|at| at.checked_duration_since(Instant::now())) {
            Some(wait) if !wait.is_zero() => {
                let why = format!("{}; it is tried again in {} s", state.error, wait.as_secs() + 1);
                Err(unreachable(target, &why))
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn answered(&self, protocol: &str) {
        let mut state = self.state();
        *state = State { protocol: Some(protocol.to_owned()), deaths: state.deaths, ..State::default() };
    }

    /// Takes notice of a connection that the source ended.
    pub(crate) fn notice_end(&self) {
        let Ok(mut kept) = self.connection.try_lock() else { return };
        if let Some((connection, why)) = kept.as_ref().and_then(|kept| Some((Arc::clone(kept), kept.ended()?))) {
            *kept = None;
            self.gone(&connection, why);
        }
    }

    /// A connection ended. A program that does so again and again soon after its start is started again later each time.
    pub(crate) fn gone(&self, connection: &Connection, error: String) {
        if !connection.is_program() || connection.age() >= SHORT_LIFE {
            return self.lost(error);
        }
        let mut state = self.state();
        let deaths = state.deaths.saturating_add(1);
        // The first one may be chance.
        let not_before = deaths.checked_sub(2).and_then(|more| Instant::now().checked_add(backoff(more)));
        *state = State { protocol: None, failures: deaths, deaths, error, not_before };
    }

    /// It was there until now: the next attempt need not wait.
    pub(crate) fn lost(&self, error: String) {
        *self.state() = State { failures: 1, error, ..State::default() };
    }

    pub(crate) fn failed(&self, error: String) -> String {
        let mut state = self.state();
        let not_before = Instant::now().checked_add(backoff(state.failures));
        let (failures, deaths) = (state.failures.saturating_add(1), state.deaths);
        *state = State { protocol: None, failures, deaths, error: error.clone(), not_before };
        error
    }
}

/// How long the next attempt waits after so many failures and one more.
fn backoff(failures: u32) -> Duration {
    BACKOFF_FIRST.saturating_mul(1 << failures.min(6)).min(BACKOFF_LAST)
}
