//! Environments of granted packages: installed on demand from a lock, each with a pool of its own whose zygote has loaded the
//! packages. Their number is bounded: the one unused longest, and any that idles, gives its processes up and gets them back with the
//! next call.

mod eviction;
mod surroundings;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use mcpbox_core::{
    execute::{LockedEnvironment, Resolved},
    hash::ContentHash,
    package::{PackageLock, Requirements},
};
use mcpbox_jail::{CallLimits, JailSpec};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub(crate) use self::surroundings::Surroundings;
use crate::{
    config::SandboxConfig,
    error::SandboxError,
    packages::{self, Installed, Osv, Uv},
    pool::{Check, Pool, PoolConfig},
    python::Python,
    runtime::Runtime,
};

/// How often idle environments are looked for, at least.
const TICK: Duration = Duration::from_secs(30);
/// Environments that are remembered.
const KNOWN_MAX: usize = 1_000;
/// What native packages map beyond what a call may use by itself.
const MORE_ADDRESS_SPACE: u64 = 4 << 30;

/// See the module.
pub(crate) struct Environments {
    config: SandboxConfig,
    python: Python,
    runtime: Runtime,
    surroundings: Surroundings,
    osv: Osv,
    /// Found or installed at the first use.
    uv: tokio::sync::Mutex<Option<Uv>>,
    /// One installation at a time: they use the disk and the network fully.
    installing: tokio::sync::Mutex<()>,
    known: Mutex<BTreeMap<LockedEnvironment, Environment>>,
}

/// An installed environment.
struct Environment {
    installed: Installed,
    /// What its processes run in.
    jail: JailSpec,
    pool: Option<Running>,
}

/// An environment with processes.
struct Running {
    pool: Arc<Pool>,
    stop: CancellationToken,
    /// When it was last asked for.
    asked: Instant,
}

impl Running {
    /// When it was last in use; now while a call runs.
    fn used(&self, now: Instant) -> Instant {
        self.pool.last_call(now).map_or(self.asked, |last| last.max(self.asked))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Environments {
    pub(crate) fn new(
        config: SandboxConfig,
        python: Python,
        runtime: Runtime,
        surroundings: Surroundings,
    ) -> Arc<Self> {
        let (tasks, stop) = (surroundings.tasks.clone(), surroundings.stop.clone());
        let environments = Arc::new(Self {
            osv: Osv::new(Arc::clone(&surroundings.broker), &config.osv_url),
            config,
            python,
            runtime,
            surroundings,
            uv: tokio::sync::Mutex::default(),
            installing: tokio::sync::Mutex::default(),
            known: Mutex::default(),
        });
        let watched = Arc::downgrade(&environments);
        let tick = (environments.config.environment_idle / 4).clamp(Duration::from_millis(50), TICK);
        tasks.spawn(async move {
            loop {
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(tick) => {}
                }
                match watched.upgrade() {
                    Some(environments) => environments.evict_idle(Instant::now()),
                    None => return,
                }
            }
        });
        environments
    }

    /// Asks the index for exact wheels.
    pub(crate) async fn resolve(&self, requirements: &Requirements) -> Result<Resolved, String> {
        let uv = self.uv().await?;
        let python = &self.python.path;
        packages::resolve(&uv, python, &self.runtime.directory, &self.osv, requirements).await
    }

    /// Installs what is missing, checks every file, and starts the processes.
    pub(crate) async fn install(
        &self,
        environment: LockedEnvironment,
        lock: &PackageLock,
        progress: &(dyn Fn(&str) + Send + Sync),
    ) -> Result<(), String> {
        let _one_at_a_time = self.installing.lock().await;
        if environment.lock != lock.hash {
            return Err("this is the lock of another environment".to_owned());
        }
        let installed = Installed::at(&self.runtime.directory, &self.python, &lock.hash);
        let installed = match installed.site.is_dir() {
            true => installed,
            false => {
                let uv = self.uv().await?;
                packages::install(&uv, &self.python, &self.runtime.directory, lock, progress).await?
            }
        };
        let checked = installed.clone();
        let modules =
            tokio::task::spawn_blocking(move || checked.check()).await.map_err(|error| error.to_string())??;
        progress("Loading the packages");
        self.start(environment, installed, modules).await.map_err(|error| error.to_string())
    }

    /// The pool of an installed environment, started again if need be; none when it is not installed here.
    pub(crate) fn pool(&self, environment: &LockedEnvironment) -> Option<Arc<Pool>> {
        let mut known = lock(&self.known);
        let found = known.get_mut(environment)?;
        let pool = match &mut found.pool {
            Some(running) => {
                running.asked = Instant::now();
                return Some(Arc::clone(&running.pool));
            }
            none => {
                let running = none.insert(self.begin(found.jail.clone(), &found.installed));
                Arc::clone(&running.pool)
            }
        };
        self.make_room(&mut known, environment);
        Some(pool)
    }

    /// Children that wait, in all environments.
    pub(crate) fn parked(&self) -> usize {
        lock(&self.known).values().filter_map(|found| found.pool.as_ref()).map(|running| running.pool.parked()).sum()
    }

    async fn uv(&self) -> Result<Uv, String> {
        let mut uv = self.uv.lock().await;
        if let Some(uv) = uv.as_ref() {
            return Ok(uv.clone());
        }
        let found = Uv::find(&self.runtime.directory, &self.python.path).await?;
        Ok(uv.insert(found).clone())
    }

    /// Starts the processes. A package that cannot be loaded ahead (it starts threads, or crashes) is left to the calls.
    async fn start(
        &self,
        name: LockedEnvironment,
        installed: Installed,
        modules: Vec<String>,
    ) -> Result<(), SandboxError> {
        let mut preload = modules;
        let (jail, running) = loop {
            let jail = self.jail(name.network, &installed, &preload)?;
            let running = self.begin(jail.clone(), &installed);
            match running.pool.warm_up().await {
                Ok(()) => break (jail, running),
                Err(SandboxError::Zygote(reason)) if !preload.is_empty() => {
                    let culprit = reason.strip_prefix("not loaded ahead: ").and_then(|rest| rest.split(' ').next());
                    match preload.iter().position(|module| Some(module.as_str()) == culprit) {
                        Some(index) => drop(preload.remove(index)),
                        None => preload.clear(),
                    }
                    tracing::warn!(reason, "a package is loaded by each call instead of once; its tools take longer");
                }
                Err(error) => return Err(error),
            }
        };
        let mut known = lock(&self.known);
        if known.len() >= KNOWN_MAX && !known.contains_key(&name) {
            return Err(SandboxError::Packages(format!("{KNOWN_MAX} environments are installed already")));
        }
        known.insert(name.clone(), Environment { installed, jail, pool: Some(running) });
        self.make_room(&mut known, &name);
        Ok(())
    }

    /// Removes from the disk what is none of `wanted` and was not used since `since`.
    pub(crate) async fn remove_unused(&self, wanted: &BTreeSet<ContentHash>, since: SystemTime) -> Result<u64, String> {
        let _nobody_installs = self.installing.lock().await;
        let runtime = self.runtime.directory.clone();
        let wanted = wanted.iter().map(|lock| Installed::at(&runtime, &self.python, lock).site).collect();
        let found = move || {
            packages::remove_left_behind(&runtime, since)?;
            packages::unused(&runtime, &wanted, since)
        };
        let found = off_thread(found).await?;
        let mut removed = 0;
        for installed in found {
            if self.forget(&installed) {
                off_thread(move || packages::remove(&installed)).await?;
                removed += 1;
            }
        }
        Ok(removed)
    }

    /// Forgets an environment unless processes run in it; whether it is not known any more.
    fn forget(&self, installed: &Installed) -> bool {
        let mut known = lock(&self.known);
        let is_it = |found: &Environment| found.installed.site == installed.site;
        if known.values().any(|found| is_it(found) && found.pool.is_some()) {
            return false;
        }
        known.retain(|_, found| !is_it(found));
        true
    }

    /// A pool whose filler runs.
    fn begin(&self, jail: JailSpec, installed: &Installed) -> Running {
        let Surroundings { cgroups, metrics, tasks, stop, .. } = &self.surroundings;
        if let Err(error) = installed.note_use() {
            tracing::warn!(%error, "the use of an environment cannot be noted; it may be removed and installed again");
        }
        let checked = installed.clone();
        let check = Check(Arc::new(move || checked.check().map(drop).map_err(SandboxError::Packages)));
        let config = PoolConfig::new(&self.config, cgroups.as_ref(), metrics.pool(&installed.name()));
        let pool = Pool::new(PoolConfig { check: Some(check), ..config }, jail, tasks.clone());
        let stop = stop.child_token();
        tasks.spawn(Arc::clone(&pool).fill(stop.clone()));
        Running { pool, stop, asked: Instant::now() }
    }

    /// The jail of an environment whose zygote loads these modules.
    fn jail(&self, network: bool, installed: &Installed, preload: &[String]) -> Result<JailSpec, SandboxError> {
        let Surroundings { layers, broker, .. } = &self.surroundings;
        let mine = self.config.limits;
        let limits = CallLimits { memory_bytes: mine.memory_bytes + MORE_ADDRESS_SPACE, ..mine };
        let jail = self.runtime.jail_with_packages(&installed.site, preload, limits, *layers);
        match network {
            true if !layers.namespaces => Err(SandboxError::Packages(
                "packages with a network of their own need namespaces, which this machine does not give (see mcpbox doctor)".to_owned(),
            )),
            true => self.runtime.with_proxy(jail, &broker.authorities()?),
            false => Ok(jail),
        }
    }
}

async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> Result<T, String> {
    let done = tokio::task::spawn_blocking(work).await.map_err(|error| error.to_string())?;
    done.map_err(|error| error.to_string())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
