//! Evidence: every attempt to reach a host, in order. An attempt is written down when it starts, so that one that is
//! cut off (timeout, the call is killed) stands there too.

use std::sync::{Arc, Mutex, PoisonError};

use mcpbox_core::{
    capability::HostRule,
    execute::{HostAttempt, HostOutcome},
};

use crate::{
    destination::Destination,
    error::{FetchError, FetchErrorKind},
};

const MAX_ATTEMPTS: usize = 100;
/// Characters kept of a method that is none.
const MAX_METHOD: usize = 32;

/// Hears of each refusal.
pub(crate) type Tell = Box<dyn Fn(HostAttempt) + Send + Sync>;

/// The attempts of one call.
#[derive(Default)]
pub(crate) struct AttemptLog {
    attempts: Mutex<Vec<HostAttempt>>,
    /// Also of those that the log has no room for: who lives long makes many.
    tell: Option<Tell>,
}

/// An attempt that runs.
pub(crate) struct OpenAttempt {
    log: Arc<AttemptLog>,
    /// None when the log is full.
    index: Option<usize>,
    attempt: HostAttempt,
}

impl AttemptLog {
    /// A log of one whose refusals are told.
    pub(crate) fn telling(tell: Tell) -> Self {
        Self { tell: Some(tell), ..Self::default() }
    }

    /// Whether refusals are told.
    pub(crate) fn is_telling(&self) -> bool {
        self.tell.is_some()
    }

    /// Writes down that an attempt starts.
    pub(crate) fn open(self: &Arc<Self>, to: &Destination, method: &str) -> OpenAttempt {
        self.begin(to.host.clone(), to.port, method.to_owned())
    }

    /// Writes down what was refused before it was clear where it would have gone.
    pub(crate) fn refuse(self: &Arc<Self>, host: String, port: u16, method: &str, error: &FetchError) {
        let method = method.chars().filter(|c| !c.is_control()).take(MAX_METHOD).collect::<String>();
        self.begin(host, port, method.to_uppercase()).write(HostOutcome::Denied, error.message.clone(), None);
    }

    fn begin(self: &Arc<Self>, host: String, port: u16, method: String) -> OpenAttempt {
        let detail = "no answer before the time was up".to_owned();
        let attempt = HostAttempt { host, port, method, outcome: HostOutcome::Failed, detail, needs: None };
        let mut attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        let index = (attempts.len() < MAX_ATTEMPTS).then_some(attempts.len());
        if index.is_some() {
            attempts.push(attempt.clone());
        }
        OpenAttempt { log: Arc::clone(self), index, attempt }
    }

    /// All attempts so far.
    pub(crate) fn all(&self) -> Vec<HostAttempt> {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl OpenAttempt {
    /// It was answered.
    pub(crate) fn close_with_answer(&self, (outcome, detail): (HostOutcome, String)) {
        self.write(outcome, detail, None);
    }

    /// It was refused or failed, perhaps after its answer had begun.
    pub(crate) fn close_with(&self, error: &FetchError) {
        let outcome = if error.is_refusal() { HostOutcome::Denied } else { HostOutcome::Failed };
        let needs = match &error.kind {
            FetchErrorKind::Denied { needs, .. } => needs.clone(),
            _ => None,
        };
        self.write(outcome, error.message.clone(), needs);
    }

    fn write(&self, outcome: HostOutcome, detail: String, needs: Option<HostRule>) {
        let closed = HostAttempt { outcome, detail, needs, ..self.attempt.clone() };
        if let Some(tell) = self.log.tell.as_ref().filter(|_| outcome == HostOutcome::Denied) {
            tell(closed.clone());
        }
        let Some(index) = self.index else { return };
        let mut attempts = self.log.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(attempt) = attempts.get_mut(index) {
            *attempt = closed;
        }
    }
}
