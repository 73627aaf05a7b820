//! What stands in for the sandbox and the package index.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use chrono::{DateTime, Utc};
use mcpbox_core::{
    execute::{
        BoxFuture, Execution, Executor, LockedEnvironment, Observer, Outcome, Resolved, SandboxStatus, SandboxTier,
    },
    hash::ContentHash,
    package::{PackageLock, PackageOrigin, Requirements, ResolvedPackage, VulnerabilityCheck},
};

use serde_json::Value;

use super::failed;

type Script = Box<dyn Fn(&Execution) -> Outcome + Send + Sync>;

/// What stands in for the sandbox: keeps what it was handed, answers as told.
pub(crate) struct Scripted {
    pub(crate) seen: Mutex<Vec<Execution>>,
    script: Mutex<Script>,
    /// What every run says with `ctx.log`.
    pub(crate) says: Mutex<Vec<String>>,
    /// What every run asks the user before it ends.
    pub(crate) asks: Mutex<Vec<Value>>,
    /// While set, runs never end.
    pub(crate) hangs: std::sync::atomic::AtomicBool,
    pub(crate) crashes: std::sync::atomic::AtomicU64,
    /// While set, nothing is there that could run anything.
    pub(crate) is_gone: std::sync::atomic::AtomicBool,
    pub(crate) tier: Mutex<SandboxTier>,
    /// The package index: what resolving gives, and what installing gives. While none, neither ends.
    pub(crate) index: tokio::sync::watch::Sender<Option<Index>>,
    pub(crate) resolved: Mutex<Vec<Requirements>>,
    pub(crate) installed: Mutex<Vec<LockedEnvironment>>,
    /// The locks that were to be kept when unused environments were last removed.
    pub(crate) kept: Mutex<BTreeSet<ContentHash>>,
}

/// How a package index behaves.
#[derive(Clone)]
pub(crate) struct Index {
    pub(crate) resolves: Result<Resolved, String>,
    pub(crate) installs: Result<(), String>,
}

/// What an index makes of `name`.
pub(crate) fn resolved(name: &str, version: &str) -> Resolved {
    let package = ResolvedPackage {
        name: name.into(),
        version: version.into(),
        origin: PackageOrigin::Requested,
        size_bytes: Some(12_000_000),
        license: Some("BSD-3-Clause".into()),
        summary: None,
        vulnerabilities: VulnerabilityCheck::NotChecked { reason: "offline".into() },
    };
    let lock = PackageLock::new(format!("{name}=={version} --hash=sha256:00\n"), vec![name.into()]);
    Resolved { lock, packages: vec![package] }
}

impl Index {
    /// One that has everything in this version.
    pub(crate) fn with(name: &str, version: &str) -> Self {
        Self { resolves: Ok(resolved(name, version)), installs: Ok(()) }
    }

    /// One that cannot be reached.
    pub(crate) fn offline() -> Self {
        Self {
            resolves: Err("the index cannot be reached".into()),
            installs: Err("the index cannot be reached".into()),
        }
    }
}

impl Scripted {
    pub(super) fn new(script: Script) -> Arc<Self> {
        Arc::new(Self {
            seen: Mutex::default(),
            script: Mutex::new(script),
            says: Mutex::default(),
            asks: Mutex::default(),
            hangs: false.into(),
            crashes: 0.into(),
            is_gone: false.into(),
            tier: Mutex::new(SandboxTier::None),
            index: tokio::sync::watch::Sender::new(Some(Index::offline())),
            resolved: Mutex::default(),
            installed: Mutex::default(),
            kept: Mutex::default(),
        })
    }

    pub(super) fn answer(&self, script: impl Fn(&Execution) -> Outcome + Send + Sync + 'static) {
        *self.script.lock().unwrap() = Box::new(script);
    }

    async fn index(&self) -> Index {
        let mut watched = self.index.subscribe();
        let index = watched.wait_for(Option::is_some).await.unwrap();
        index.clone().unwrap()
    }
}

impl Executor for Scripted {
    fn execute<'a>(&'a self, execution: Execution, observer: Arc<dyn Observer>) -> BoxFuture<'a, Outcome> {
        self.says.lock().unwrap().iter().for_each(|line| observer.log(line.clone()));
        let outcome = (self.script.lock().unwrap())(&execution);
        self.seen.lock().unwrap().push(execution);
        let asks = self.asks.lock().unwrap().clone();
        let hangs = self.hangs.load(std::sync::atomic::Ordering::SeqCst);
        Box::pin(async move {
            if hangs {
                std::future::pending::<()>().await;
            }
            for question in asks {
                if let Err(failure) = observer.questions().unwrap().ask(question).await {
                    return failed(failure);
                }
            }
            outcome
        })
    }

    fn crashes(&self) -> u64 {
        self.crashes.load(std::sync::atomic::Ordering::SeqCst)
    }

    fn is_reachable(&self) -> bool {
        !self.is_gone.load(std::sync::atomic::Ordering::SeqCst)
    }

    fn resolve<'a>(&'a self, requirements: &'a Requirements) -> BoxFuture<'a, Result<Resolved, String>> {
        Box::pin(async move {
            let index = self.index().await;
            self.resolved.lock().unwrap().push(requirements.clone());
            index.resolves
        })
    }

    fn install<'a>(
        &'a self,
        environment: LockedEnvironment,
        lock: &'a PackageLock,
        progress: &'a (dyn Fn(&str) + Send + Sync),
    ) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            progress("Downloading");
            let index = self.index().await;
            assert_eq!(environment.lock, lock.hash);
            self.installed.lock().unwrap().push(environment);
            index.installs
        })
    }

    fn remove_unused<'a>(&'a self, wanted: &'a BTreeSet<ContentHash>, _: DateTime<Utc>) -> BoxFuture<'a, u64> {
        self.kept.lock().unwrap().clone_from(wanted);
        Box::pin(async { 0 })
    }

    fn status(&self) -> SandboxStatus {
        SandboxStatus {
            tier: *self.tier.lock().unwrap(),
            detail: "double".into(),
            python: "3.13.0".into(),
            parked: 0,
            running: 0,
            queued: 0,
            base_ready: true,
        }
    }
}
