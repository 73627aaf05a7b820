//! The sandbox as the rest of the product sees it: start, execute, status, shutdown.

use std::{
    collections::BTreeSet,
    path::PathBuf,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, Utc};
use mcpbox_core::execute::{
    BoxFuture, Environment, Execution, Executor, LockedEnvironment, Observer, Outcome, Program, Resolved, SandboxStatus,
};
use mcpbox_core::failure::{Failure, FailureKind};
use mcpbox_core::hash::ContentHash;
use mcpbox_core::package::{PackageLock, Requirements};
use mcpbox_egress::{Broker, Session, SessionGrants};
use mcpbox_jail::Layers;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    call::Call,
    config::SandboxConfig,
    environments::Environments,
    error::SandboxError,
    failure::{outcome, unavailable},
    metrics::{CallMeter, Metrics},
    pool::Pool,
    python::Python,
    runtime::Runtime,
    tier::Standing,
};

mod admission;
mod counted;
mod guest;
mod pools;
mod programs;
mod start;

use admission::Admission;
use counted::Counted;
use pools::Pools;
use programs::Programs;

/// Runs tools in jailed processes. See [`Sandbox::start`].
pub struct Sandbox {
    config: SandboxConfig,
    python: Python,
    runtime: Runtime,
    standing: Standing,
    broker: Arc<Broker>,
    pools: Pools,
    /// With granted packages loaded.
    environments: Arc<Environments>,
    programs: Arc<Programs>,
    metrics: Arc<Metrics>,
    admission: Admission,
    /// Of runs that call other tools: were they admitted with those, all places could be held by runs that wait for one.
    script_admission: Admission,
    running: AtomicU32,
    /// Places of other people's programs.
    guests: Arc<tokio::sync::Semaphore>,
    /// Set once the base packages are there.
    base: OnceLock<()>,
    tasks: TaskTracker,
    /// No new calls.
    closing: CancellationToken,
    /// No calls at all.
    stop: CancellationToken,
}

impl Sandbox {
    /// What an operator must be told loudly: that fewer layers hold than there could be, and why. Nothing when all hold.
    pub fn notice(&self) -> Option<String> {
        self.standing.notice()
    }

    /// The layers that hold.
    pub fn layers(&self) -> Layers {
        self.standing.layers
    }

    /// The control groups of its calls, one in each hierarchy. For tests.
    #[doc(hidden)]
    pub fn control_groups(&self) -> Vec<PathBuf> {
        self.standing.cgroups.as_ref().map(|cgroups| cgroups.paths()).unwrap_or_default()
    }

    /// Lets running calls finish for `grace`, then ends them, and returns when every process is gone.
    pub async fn shutdown(&self, grace: Duration) {
        self.closing.cancel();
        let all_ended = async { tokio::join!(self.script_admission.all_ended(), self.admission.all_ended()) };
        let _ = tokio::time::timeout(grace, all_ended).await;
        self.stop.cancel();
        self.tasks.close();
        let _ = tokio::time::timeout(Duration::from_secs(10), self.tasks.wait()).await;
        if let Some(cgroups) = &self.standing.cgroups {
            cgroups.remove().await;
        }
    }

    /// Starts a zygote that nobody uses, and says how long that took. For benchmarks.
    ///
    /// # Errors
    /// As [`Sandbox::start`].
    #[doc(hidden)]
    pub async fn time_cold_zygote(&self) -> Result<Duration, SandboxError> {
        self.pools.probed().time_cold_zygote().await
    }

    /// What it counts, for Prometheus, as [`crate::METRICS_CONTENT_TYPE`].
    pub fn metrics(&self) -> String {
        self.metrics.text(self.broker.traffic())
    }

    /// Where it counts.
    pub(crate) fn counters(&self) -> &Metrics {
        &self.metrics
    }

    /// Waits until the base packages are there or their installation has failed; whether they are there.
    pub async fn base_installed(&self, patience: Duration) -> bool {
        let until = tokio::time::Instant::now() + patience;
        while self.base.get().is_none() && tokio::time::Instant::now() < until && !self.stop.is_cancelled() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.base.get().is_some()
    }

    async fn run(&self, execution: Execution, observer: Arc<dyn Observer>) -> Outcome {
        let pool = match self.pool_for(&execution.program) {
            Ok(pool) => pool,
            Err(failure) => return unavailable(failure),
        };
        let mut meter = pool.metrics().call();
        let outcome = match self.try_run(&pool, execution, observer, &mut meter).await {
            Ok(outcome) => outcome,
            Err(failure) => unavailable(failure),
        };
        meter.ended(&outcome);
        outcome
    }

    async fn try_run(
        &self,
        pool: &Arc<Pool>,
        execution: Execution,
        observer: Arc<dyn Observer>,
        meter: &mut CallMeter<'_>,
    ) -> Result<Outcome, Failure> {
        if self.closing.is_cancelled() {
            return Err(stopping());
        }
        let admission = if observer.tools().is_some() { &self.script_admission } else { &self.admission };
        let _place = admission.admit(&execution.limits, pool.metrics()).await?;
        let _counted = Counted::new(&self.running);
        let session = Arc::new(self.session(&execution));
        let (child, running) = tokio::select! {
            taken = pool.take() => taken.map_err(|error| not_started(&error))?,
            () = self.stop.cancelled() => return Err(stopping()),
        };
        meter.started();
        let code = self.programs.find(&execution.program.source);
        if let Some(work) = self.programs.work(&execution.program.source) {
            self.tasks.spawn(work.compile(Arc::clone(pool)));
        }
        let call = Call { execution: &execution, session: &session, observer: observer.as_ref(), code };
        let ended = tokio::select! {
            ended = call.run(child) => ended,
            () = self.stop.cancelled() => return Err(stopping()),
        };
        drop(running);
        Ok(outcome(ended, &execution, &session))
    }

    fn session(&self, execution: &Execution) -> Session {
        self.broker.session(SessionGrants {
            hosts: Arc::clone(&execution.hosts),
            secrets: execution.secrets.clone(),
            http_mocks: execution.http_mocks.clone(),
        })
    }

    /// Which pool: asyncio and httpx take longer to import than most tools run, so whoever may need them gets them loaded.
    #[expect(
        clippy::result_large_err,
        reason = "Failure is the vocabulary of core; boxing it here would only move the copy"
    )]
    fn pool_for(&self, program: &Program) -> Result<Arc<Pool>, Failure> {
        match &program.environment {
            Environment::Base if program.uses_http && self.base.get().is_none() => {
                Err(Failure::new(FailureKind::Unavailable, "the packages behind http are still being installed").hint(
                    "Try again in a minute; if it stays so, the operator's log says why they could not be installed",
                ))
            }
            Environment::Base => Ok(Arc::clone(self.pools.of(program))),
            Environment::Locked(environment) => self.environments.pool(environment).ok_or_else(not_installed),
        }
    }
}

impl Drop for Sandbox {
    /// Without [`Sandbox::shutdown`] the processes still end, only nobody waits for them.
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sandbox").field("status", &self.status()).finish_non_exhaustive()
    }
}

impl Executor for Sandbox {
    fn execute<'a>(&'a self, execution: Execution, observer: Arc<dyn Observer>) -> BoxFuture<'a, Outcome> {
        Box::pin(self.run(execution, observer))
    }

    fn resolve<'a>(&'a self, requirements: &'a Requirements) -> BoxFuture<'a, Result<Resolved, String>> {
        Box::pin(self.environments.resolve(requirements))
    }

    fn install<'a>(
        &'a self,
        environment: LockedEnvironment,
        lock: &'a PackageLock,
        progress: &'a (dyn Fn(&str) + Send + Sync),
    ) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(self.environments.install(environment, lock, progress))
    }

    fn remove_unused<'a>(&'a self, wanted: &'a BTreeSet<ContentHash>, since: DateTime<Utc>) -> BoxFuture<'a, u64> {
        Box::pin(async move {
            self.environments.remove_unused(wanted, since.into()).await.unwrap_or_else(|error| {
                tracing::warn!(error, "environments that nobody uses cannot be removed; tried again in an hour");
                0
            })
        })
    }

    fn crashes(&self) -> u64 {
        self.metrics.deaths()
    }

    fn status(&self) -> SandboxStatus {
        SandboxStatus {
            tier: self.standing.tier(),
            detail: self.standing.detail(),
            python: self.runtime.interpreter.version.clone(),
            parked: u32::try_from(self.pools.parked() + self.environments.parked()).unwrap_or(u32::MAX),
            running: self.running.load(Ordering::Relaxed),
            queued: self.admission.queued() + self.script_admission.queued(),
            base_ready: self.base.get().is_some(),
        }
    }
}

/// What a call hears whose packages are missing; a tool cannot end so.
const NOT_INSTALLED: &str = "the packages of this tool are not installed here yet";

fn not_installed() -> Failure {
    Failure::new(FailureKind::Unavailable, NOT_INSTALLED)
        .hint("Try again in a minute; if it stays so, the operator's log says why they could not be installed")
}

/// Whether a call did not run because its packages are missing.
pub(crate) fn is_not_installed(outcome: &Outcome) -> bool {
    let is_it = |failure: &Failure| failure.kind == FailureKind::Unavailable && failure.message == NOT_INSTALLED;
    outcome.result.as_ref().is_err_and(is_it)
}

fn stopping() -> Failure {
    Failure::new(FailureKind::Cancelled, "the server is stopping").hint("Call again once it has started")
}

fn not_started(error: &SandboxError) -> Failure {
    if let SandboxError::Packages(reason) = error {
        return Failure::new(FailureKind::Unavailable, reason.clone())
            .hint("The tool did not run. Tell the admin of this MCPbox: the server's log says what to do");
    }
    tracing::error!(%error, "no sandbox process for a call");
    Failure::new(FailureKind::Unavailable, "the sandbox cannot start a process for this call").hint(
        "The tool did not run. Try again in a few seconds; if it stays so, the operator should run 'mcpbox doctor'",
    )
}
