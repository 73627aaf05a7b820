//! Packages on a worker: it asks its own package index, and installs on its own disk. Whoever hangs up ends the work.

use bytes::Bytes;
use mcpbox_core::{
    execute::{Executor, Resolved},
    package::Requirements,
};

use super::super::wire::{Install, RemoveUnused, Said};
use crate::Sandbox;

/// Resolves what a request asks for.
pub(super) async fn resolve(sandbox: &Sandbox, request: &Bytes) -> Result<Said<Resolved>, serde_json::Error> {
    let requirements: Requirements = serde_json::from_slice(request)?;
    Ok(sandbox.resolve(&requirements).await)
}

/// Installs what a request asks for.
pub(super) async fn install(sandbox: &Sandbox, request: &Bytes) -> Result<Said<()>, serde_json::Error> {
    let Install { environment, lock } = serde_json::from_slice(request)?;
    Ok(sandbox.install(environment, &lock, &|line| tracing::debug!(line, "packages are being installed")).await)
}

/// Removes what a request does not want.
pub(super) async fn remove_unused(sandbox: &Sandbox, request: &Bytes) -> Result<Said<u64>, serde_json::Error> {
    let RemoveUnused { wanted, since } = serde_json::from_slice(request)?;
    Ok(Ok(sandbox.remove_unused(&wanted, since).await))
}
