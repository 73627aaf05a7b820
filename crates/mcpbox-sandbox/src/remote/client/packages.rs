//! Packages on workers: one resolves, all install. A worker that comes later, or lost its disk, installs at the first call that
//! needs it.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http_body_util::{BodyExt, Limited};
use hyper::{Method, StatusCode};
use mcpbox_core::{
    execute::{Environment, LockedEnvironment, Outcome, Resolved},
    hash::ContentHash,
    package::{PackageLock, Requirements},
};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    super::wire::{INSTALL, Install, REMOVE_UNUSED, RESOLVE, RemoveUnused, Said},
    Workers,
    connection::SendError,
    exchange::refusal,
    worker::Worker,
};
use crate::sandbox::is_not_installed;

/// Resolving on a worker.
const RESOLVE_TIMEOUT: Duration = Duration::from_secs(300);
/// Downloading and compiling on a worker, behind others.
const INSTALL_TIMEOUT: Duration = Duration::from_secs(1_800);
/// Largest answer: a lock with its packages.
const ANSWER_MAX: usize = 16 << 20;
/// Environments that are remembered.
const KNOWN_MAX: usize = 2_000;

/// The locks by which this server had environments installed.
#[derive(Debug, Default)]
pub(super) struct Locks(Mutex<HashMap<LockedEnvironment, Arc<PackageLock>>>);

impl Locks {
    fn add(&self, environment: LockedEnvironment, lock: &PackageLock) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() < KNOWN_MAX {
            known.insert(environment, Arc::new(lock.clone()));
        }
    }

    fn find(&self, environment: &LockedEnvironment) -> Option<Arc<PackageLock>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(environment).cloned()
    }
}

impl Workers {
    /// On the worker with the fewest calls.
    pub(super) async fn resolve_somewhere(&self, requirements: &Requirements) -> Result<Resolved, String> {
        let worker = self.pick(&[]).ok_or("no sandbox worker is there to resolve packages")?;
        ask(worker, RESOLVE, requirements, RESOLVE_TIMEOUT).await
    }

    /// On all workers that are there.
    pub(super) async fn install_everywhere(
        &self,
        environment: LockedEnvironment,
        lock: &PackageLock,
        progress: &(dyn Fn(&str) + Send + Sync),
    ) -> Result<(), String> {
        self.locks.add(environment.clone(), lock);
        let up: Vec<&Arc<Worker>> = self.workers.iter().filter(|worker| worker.is_up()).collect();
        if up.is_empty() {
            return Err("no sandbox worker is there to install packages".to_owned());
        }
        progress(&format!("Installing on {} sandbox workers", up.len()));
        let install = Install { environment, lock: lock.clone() };
        let all = up.into_iter().map(|worker| ask(worker, INSTALL, &install, INSTALL_TIMEOUT));
        futures::future::try_join_all(all).await.map(|_: Vec<()>| ())
    }

    /// On all workers that are there. One that is away does it the next time.
    pub(super) async fn remove_unused_everywhere(&self, wanted: &BTreeSet<ContentHash>, since: DateTime<Utc>) -> u64 {
        let request = RemoveUnused { wanted: wanted.clone(), since };
        let up = self.workers.iter().filter(|worker| worker.is_up());
        let all = up.map(|worker| ask::<u64>(worker, REMOVE_UNUSED, &request, INSTALL_TIMEOUT));
        let mut removed = 0;
        for answer in futures::future::join_all(all).await {
            match answer {
                Ok(count) => removed += count,
                Err(reason) => tracing::warn!(reason, "a worker did not remove environments that nobody uses"),
            }
        }
        removed
    }

    /// Whether a call certainly did not run because its environment was missing on this worker, and is there now.
    pub(super) async fn mended(&self, worker: &Worker, environment: &Environment, outcome: &Outcome) -> bool {
        let Environment::Locked(environment) = environment else { return false };
        let Some(lock) = self.locks.find(environment).filter(|_| is_not_installed(outcome)) else { return false };
        let install = Install { environment: environment.clone(), lock: lock.as_ref().clone() };
        let installed: Result<(), String> = ask(worker, INSTALL, &install, INSTALL_TIMEOUT).await;
        installed
            .inspect_err(|reason| {
                tracing::error!(worker.url = worker.name(), reason, "packages are missing on a worker")
            })
            .is_ok()
    }
}

async fn ask<T: DeserializeOwned>(
    worker: &Worker,
    path: &str,
    request: &impl Serialize,
    limit: Duration,
) -> Result<T, String> {
    let told = |reason: String| format!("the sandbox worker {} did not answer: {reason}", worker.name());
    let body = Bytes::from(serde_json::to_vec(request).map_err(|error| error.to_string())?);
    let exchange = async {
        let sent = worker.connections.send(Method::POST, &worker.door(path), body).await;
        let response = sent.map_err(|error| match error {
            SendError::NotSent(reason) | SendError::Broken(reason) => told(reason),
        })?;
        if response.status() != StatusCode::OK {
            return Err(told(refusal(response).await.map_or_else(|reason| reason, |refusal| refusal.message)));
        }
        let body = Limited::new(response.into_body(), ANSWER_MAX).collect().await;
        let bytes = body.map_err(|error| told(error.to_string()))?.to_bytes();
        serde_json::from_slice::<Said<T>>(&bytes).map_err(|error| told(error.to_string()))?
    };
    let answer = tokio::time::timeout(limit, exchange).await;
    answer.unwrap_or_else(|_| Err(told(format!("{} s have passed", limit.as_secs()))))
}
