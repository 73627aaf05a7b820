//! What runs the tools of a server: a sandbox in this process, or workers elsewhere.

use std::{sync::Arc, time::Duration};

use mcpbox_core::{execute::Executor, program::ProgramHost};
use mcpbox_sandbox::{Sandbox, WorkerState, Workers, WorkersConfig};

use super::parts;
use crate::{
    config::{Config, Role, WorkerSettings},
    console::Progress,
    data_dir::DataDir,
};

/// See the module.
#[derive(Clone)]
pub(crate) enum Runner {
    /// In this process.
    Here(Arc<Sandbox>),
    /// Elsewhere.
    Workers(Arc<Workers>),
}

impl Runner {
    /// Starts the sandbox, or begins to watch the workers. These need not be there yet: the server is of use without them.
    ///
    /// # Errors
    /// In a sentence with the fix.
    pub(crate) async fn start(config: &Config, dir: &DataDir, progress: Progress) -> anyhow::Result<Self> {
        match &config.role {
            Role::Server { workers: Some(workers), .. } => Ok(Self::Workers(watch(workers).await?)),
            _ => Ok(Self::Here(parts::start_sandbox(config, dir, progress).await?)),
        }
    }

    /// As the catalog wants it.
    pub(crate) fn executor(&self) -> Arc<dyn Executor> {
        match self {
            Self::Here(sandbox) => Arc::clone(sandbox) as Arc<dyn Executor>,
            Self::Workers(workers) => Arc::clone(workers) as Arc<dyn Executor>,
        }
    }

    /// What starts programs that are sources; workers do not.
    pub(crate) fn programs(&self) -> Option<Arc<dyn ProgramHost>> {
        match self {
            Self::Here(sandbox) => Some(Arc::clone(sandbox) as Arc<dyn ProgramHost>),
            Self::Workers(_) => None,
        }
    }

    /// The workers, and whether each gets calls; none when tools run in this process.
    pub(crate) fn workers(&self) -> Option<Vec<(String, bool)>> {
        match self {
            Self::Here(_) => None,
            Self::Workers(workers) => Some(
                workers.states().into_iter().map(|(url, state)| (url, matches!(state, WorkerState::Up(_)))).collect(),
            ),
        }
    }

    /// What it counts, for Prometheus.
    pub(crate) fn metrics(&self) -> String {
        match self {
            Self::Here(sandbox) => sandbox.metrics(),
            Self::Workers(workers) => workers.metrics(),
        }
    }

    /// Ends it; running calls may go on for `grace`.
    pub(crate) async fn shutdown(&self, grace: Duration) {
        match self {
            Self::Here(sandbox) => sandbox.shutdown(grace).await,
            Self::Workers(workers) => workers.shutdown(grace).await,
        }
    }
}

/// Begins to watch workers; each was asked once when this returns.
///
/// # Errors
/// In a sentence with the fix.
pub(crate) async fn watch(workers: &WorkerSettings) -> anyhow::Result<Arc<Workers>> {
    let config = WorkersConfig { urls: workers.urls.clone(), ..WorkersConfig::default() };
    Ok(Workers::start(&config, &workers.key).await?)
}
