//! The catalog without a server, for the few commands that also work while none runs. Nothing can be executed there.

use std::{error::Error, sync::Arc};

use mcpbox_catalog::{Catalog, CatalogConfig, CatalogError};
use mcpbox_core::{
    clock::SystemClock,
    execute::{BoxFuture, Execution, Executor, Observed, Observer, Outcome, SandboxStatus, SandboxTier},
    failure::{Failure, FailureKind},
};
use mcpbox_store::Store;

use crate::{config::Config, data_dir::DataDir, serve::parts};

/// Opens the catalog on the database of `config`. The data directory must be locked.
///
/// # Errors
/// In a sentence.
pub(crate) async fn open_catalog(config: &Config, dir: &DataDir) -> anyhow::Result<Arc<Catalog>> {
    let store: Store = parts::open_store(config, dir).await?;
    let parts =
        CatalogConfig { store, executor: Arc::new(NoSandbox), clock: Arc::new(SystemClock), admin_url: String::new() };
    Catalog::open(parts).await.map_err(readable)
}

/// A catalog's error as a sentence for the terminal, causes included.
pub(crate) fn readable(error: CatalogError) -> anyhow::Error {
    match error {
        CatalogError::Refused(failure) => match failure.hint {
            Some(hint) => anyhow::anyhow!("{} ({hint})", failure.message),
            None => anyhow::anyhow!(failure.message),
        },
        other => match other.source() {
            Some(_) => anyhow::Error::new(other),
            None => anyhow::anyhow!(other.to_string()),
        },
    }
}

/// Refuses every run.
struct NoSandbox;

impl Executor for NoSandbox {
    fn execute<'a>(&'a self, _: Execution, _: Arc<dyn Observer>) -> BoxFuture<'a, Outcome> {
        let failure = Failure::new(FailureKind::Unavailable, "no server runs").hint("start one with `mcpbox serve`");
        Box::pin(async { Outcome { result: Err(failure), stdout: String::new(), observed: Observed::default() } })
    }

    fn status(&self) -> SandboxStatus {
        SandboxStatus {
            tier: SandboxTier::None,
            detail: "not started".to_owned(),
            python: String::new(),
            parked: 0,
            running: 0,
            queued: 0,
            base_ready: false,
        }
    }
}
