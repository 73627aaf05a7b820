//! How a sandbox comes up: runtime, layers, pools, and the base packages behind it.

use std::sync::{Arc, OnceLock, atomic::AtomicU32};

use mcpbox_egress::Broker;
use mcpbox_jail::Layers;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{Admission, Pools, Sandbox};
use crate::{
    base,
    config::SandboxConfig,
    environments::{Environments, Surroundings},
    error::SandboxError,
    metrics::Metrics,
    pool::{Pool, PoolConfig},
    probe,
    python::{Python, find_python},
    runtime::{Profile, Runtime},
    tier::{self, Terms},
};

impl Sandbox {
    /// Prepares the runtime, proves that the jail holds, and starts the pools. The base packages are installed behind it when they
    /// are missing; `progress` gets a line per step.
    ///
    /// # Errors
    /// [`SandboxError`]: no usable Python, an unwritable data directory, a missing layer, or a probe that got through.
    pub async fn start(
        config: SandboxConfig,
        broker: Arc<Broker>,
        progress: impl Fn(&str) + Send + Sync + 'static,
    ) -> Result<Arc<Self>, SandboxError> {
        let progress: Arc<dyn Fn(&str) + Send + Sync> = Arc::new(progress);
        let (python, runtime) = prepare(&config, Arc::clone(&progress)).await?;
        let tasks = TaskTracker::new();
        let site = Some(base::path(&runtime.directory, &python)).filter(|path| path.is_dir());
        let cgroups = tier::cgroups(config.layers_for_tests);
        let proxied = config.proxied_site_for_tests.as_deref().map(|site| {
            let spec = runtime.jail(Profile::Full, Some(site), config.limits, config.layers_for_tests);
            runtime.with_proxy(spec, &broker.authorities()?)
        });
        let proxied = proxied.transpose()?;
        let metrics = Metrics::new();
        let pool = |profile: Profile, layers| {
            let pool = PoolConfig::new(&config, cgroups.as_ref().ok(), metrics.pool(profile.word()));
            let spec = match &proxied {
                Some(spec) if profile == Profile::Full => spec.clone(),
                _ => runtime.jail(profile, site.as_deref(), config.limits, layers),
            };
            Pool::new(pool, spec, tasks.clone())
        };
        let start_pools = async |layers: Layers| {
            let pools = Pools::new(|profile| pool(profile, layers));
            let starting = futures::future::try_join_all(pools.all().map(|pool| pool.warm_up()));
            let (open, started) = tokio::join!(probe::got_through(pools.probed(), layers), starting);
            started?;
            Ok((pools, open?))
        };
        let terms = Terms::here(config.insecure_no_sandbox);
        let (pools, standing) = tier::find(config.layers_for_tests, terms, start_pools).await?;
        let standing = standing.with_cgroups(cgroups);
        let shared = Surroundings::new(&standing, &metrics, &broker, &tasks);
        let stop = shared.stop.clone();
        let sandbox = Arc::new(Self {
            environments: Environments::new(config.clone(), python.clone(), runtime.clone(), shared),
            admission: Admission::new(&config),
            script_admission: Admission::for_scripts(&config),
            python,
            runtime,
            standing,
            broker,
            pools,
            programs: Arc::default(),
            metrics,
            running: AtomicU32::new(0),
            guests: super::guest::places(),
            base: OnceLock::new(),
            tasks,
            closing: CancellationToken::new(),
            stop,
            config,
        });
        sandbox.begin(site.is_some(), progress);
        Ok(sandbox)
    }

    /// Fills the pools, and has the base packages installed when they are missing.
    fn begin(self: &Arc<Self>, has_base: bool, progress: Arc<dyn Fn(&str) + Send + Sync>) {
        for pool in self.pools.all() {
            self.tasks.spawn(Arc::clone(pool).fill(self.stop.clone()));
        }
        if has_base {
            let _ = self.base.set(());
        } else if self.config.install_base {
            self.tasks.spawn(Arc::clone(self).install_base(progress));
        }
    }

    async fn install_base(self: Arc<Self>, progress: Arc<dyn Fn(&str) + Send + Sync>) {
        progress("Installing the base packages (httpx, regex, tzdata)");
        let (directory, python) = (self.runtime.directory.clone(), self.python.clone());
        let installed = tokio::task::spawn_blocking(move || base::install(&directory, &python)).await;
        match installed.unwrap_or_else(|error| Err(error.to_string())) {
            Ok(site) => {
                let (limits, layers) = (self.config.limits, self.standing.layers);
                self.pools.with_site(&site, |profile, site| self.runtime.jail(profile, Some(site), limits, layers));
                let _ = self.base.set(());
                progress("The base packages are ready");
            }
            Err(reason) => {
                tracing::error!(reason, "the base packages are missing");
                progress(&reason);
            }
        }
    }
}

async fn prepare(
    config: &SandboxConfig,
    progress: Arc<dyn Fn(&str) + Send + Sync>,
) -> Result<(Python, Runtime), SandboxError> {
    let (data_dir, python) = (config.data_dir.clone(), config.python.clone());
    let work = tokio::task::spawn_blocking(move || {
        let python = find_python(python.as_deref())?;
        let runtime = Runtime::prepare(&data_dir, &python, progress.as_ref())?;
        Ok((python, runtime))
    });
    work.await.unwrap_or_else(|error| Err(SandboxError::Zygote(error.to_string())))
}
