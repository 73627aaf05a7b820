//! Evidence: every attempt to reach a host, in order. An attempt is written down when it starts, so that one that is
//! cut off (timeout, the call is killed) stands there too.

use std::sync::{Arc, Mutex, PoisonError};

use mcpbox_core::execute::{HostAttempt, HostOutcome};

use crate::{
    destination::Destination,
    error::{FetchError, FetchErrorKind},
};

const MAX_ATTEMPTS: usize = 100;

/// The attempts of one call.
#[derive(Default)]
pub(crate) struct AttemptLog {
    attempts: Mutex<Vec<HostAttempt>>,
}

/// An attempt that runs.
pub(crate) struct OpenAttempt {
    log: Arc<AttemptLog>,
    /// None when the log is full.
    index: Option<usize>,
}

impl AttemptLog {
    /// Writes down that an attempt starts.
    pub(crate) fn open(self: &Arc<Self>, to: &Destination, method: &str) -> OpenAttempt {
        let mut attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        let index = (attempts.len() < MAX_ATTEMPTS).then_some(attempts.len());
        if index.is_some() {
            attempts.push(HostAttempt {
                host: to.host.clone(),
                port: to.port,
                method: method.to_owned(),
                outcome: HostOutcome::Failed,
                detail: "no answer before the time was up".to_owned(),
            });
        }
        OpenAttempt { log: Arc::clone(self), index }
    }

    /// All attempts so far.
    pub(crate) fn all(&self) -> Vec<HostAttempt> {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl OpenAttempt {
    /// It was answered.
    pub(crate) fn close(self, outcome: HostOutcome, detail: String) {
        let Some(index) = self.index else { return };
        let mut attempts = self.log.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(attempt) = attempts.get_mut(index) {
            attempt.outcome = outcome;
            attempt.detail = detail;
        }
    }

    /// It was refused or failed.
    pub(crate) fn close_with(self, error: &FetchError) {
        let outcome = match error.kind {
            FetchErrorKind::Denied { .. } => HostOutcome::Denied,
            _ => HostOutcome::Failed,
        };
        self.close(outcome, error.message.clone());
    }
}
