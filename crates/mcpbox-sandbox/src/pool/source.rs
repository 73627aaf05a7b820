//! The zygote of a pool: started when needed, replaced when it died or is old, with growing pauses when it keeps dying.

use std::{
    path::PathBuf,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use mcpbox_jail::JailSpec;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use super::Check;
use crate::{error::SandboxError, metrics::PoolMetrics, zygote::Zygote};

/// The first pause after a death; doubles up to the longest.
const PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// A zygote that lived this long did not die of its start.
const HEALTHY: Duration = Duration::from_secs(30);

/// See the module.
#[derive(Debug)]
pub(super) struct Source {
    program: PathBuf,
    tasks: TaskTracker,
    check: Option<Check>,
    spec: Mutex<JailSpec>,
    current: Mutex<Option<Zygote>>,
    /// Held while one is started, so that only one is.
    starting: tokio::sync::Mutex<Failures>,
    metrics: PoolMetrics,
}

#[derive(Debug, Default)]
struct Failures {
    in_a_row: u32,
    not_before: Option<Instant>,
}

impl Source {
    pub(super) fn new(
        program: PathBuf,
        spec: JailSpec,
        tasks: TaskTracker,
        metrics: PoolMetrics,
        check: Option<Check>,
    ) -> Self {
        Self {
            program,
            tasks,
            check,
            spec: Mutex::new(spec),
            current: Mutex::default(),
            starting: tokio::sync::Mutex::default(),
            metrics,
        }
    }

    /// The living zygote, started if need be.
    pub(super) async fn zygote(&self) -> Result<Zygote, SandboxError> {
        if let Some(zygote) = self.living() {
            return Ok(zygote);
        }
        let mut failures = self.starting.lock().await;
        if let Some(zygote) = self.living() {
            return Ok(zygote);
        }
        self.note_death(&mut failures);
        if let Some(not_before) = failures.not_before {
            tokio::time::sleep_until(not_before).await;
        }
        match self.spare().await {
            Ok(zygote) => {
                self.metrics.zygote_starts.inc();
                *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Some(zygote.clone());
                Ok(zygote)
            }
            Err(error) => {
                failures.pause();
                Err(error)
            }
        }
    }

    /// A zygote beside the current one.
    pub(super) async fn spare(&self) -> Result<Zygote, SandboxError> {
        if let Some(Check(check)) = self.check.clone() {
            let checked = tokio::task::spawn_blocking(move || check()).await;
            checked.unwrap_or_else(|error| Err(SandboxError::Zygote(error.to_string())))?;
        }
        let spec = self.spec.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Zygote::start(&self.program, &spec, &self.tasks).await
    }

    fn living(&self) -> Option<Zygote> {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        current.as_ref().filter(|zygote| !zygote.is_dead()).cloned()
    }

    fn note_death(&self, failures: &mut Failures) {
        let dead = self.current.lock().unwrap_or_else(PoisonError::into_inner).take();
        if dead.is_some() {
            self.metrics.zygote_died();
        }
        match dead {
            Some(zygote) if zygote.age() < HEALTHY => {
                tracing::warn!("a sandbox process ended unexpectedly; starting another");
                failures.pause();
            }
            Some(_) => *failures = Failures::default(),
            None => {}
        }
    }

    /// Lets go of this zygote if it is still the current one; its running children finish.
    pub(super) fn retire(&self, zygote: &Zygote) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.as_ref().is_some_and(|current| current.is_same(zygote)) {
            self.metrics.recycled.inc();
            *current = None;
        }
    }

    /// The next zygote is made by this spec.
    pub(super) fn replace_spec(&self, spec: JailSpec) {
        *self.spec.lock().unwrap_or_else(PoisonError::into_inner) = spec;
        self.close();
    }

    /// Lets go of the current zygote.
    pub(super) fn close(&self) {
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl Failures {
    fn pause(&mut self) {
        let pause = PAUSE.saturating_mul(1 << self.in_a_row.min(10)).min(LONGEST_PAUSE);
        self.in_a_row = self.in_a_row.saturating_add(1);
        self.not_before = Some(Instant::now() + pause);
    }
}
