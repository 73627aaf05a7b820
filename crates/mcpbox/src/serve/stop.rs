//! The way down: no new calls, running ones may finish for a moment, everything acknowledged is written, within 5 s.

use std::time::Duration;

use anyhow::Context;
use tokio::signal::unix::{SignalKind, signal};

use super::Server;

/// Doors let running calls finish for at most this long by themselves; then they are cut off.
const DOORS_LIMIT: Duration = Duration::from_millis(3_900);
/// For call records that are not yet written.
const FLUSH_LIMIT: Duration = Duration::from_millis(500);
/// For processes of the sandbox.
const SANDBOX_GRACE: Duration = Duration::from_millis(50);
/// For the sandbox in all.
const SANDBOX_LIMIT: Duration = Duration::from_millis(300);

/// Why the server goes down.
#[derive(Debug)]
pub(crate) enum Stopped {
    /// Somebody asked for it.
    Asked,
    /// A door broke.
    Broken(anyhow::Error),
}

/// Waits for SIGTERM or SIGINT.
///
/// # Errors
/// Signals cannot be heard.
pub(crate) async fn wait_for_signal() -> anyhow::Result<()> {
    let hear = |kind| signal(kind).context("cannot listen for signals");
    let (mut terminate, mut interrupt) = (hear(SignalKind::terminate())?, hear(SignalKind::interrupt())?);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

impl Server {
    /// Serves until `end` resolves or a door breaks.
    pub(crate) async fn run_until(&mut self, end: impl Future<Output = anyhow::Result<()>>) -> Stopped {
        tokio::select! {
            ended = end => match ended {
                Ok(()) => Stopped::Asked,
                Err(error) => Stopped::Broken(error),
            },
            Some(door) = self.doors.join_next() => match door {
                Ok(Ok(())) => Stopped::Broken(anyhow::anyhow!("a listener ended by itself; look at the log")),
                Ok(Err(error)) => Stopped::Broken(error),
                Err(crash) => Stopped::Broken(anyhow::anyhow!("a listener crashed: {crash}")),
            },
        }
    }

    /// Goes down in order: doors, call records, sandbox.
    pub(crate) async fn stop(mut self) {
        self.shutdown.cancel();
        let drained = async { while self.doors.join_next().await.is_some() {} };
        if tokio::time::timeout(DOORS_LIMIT, drained).await.is_err() {
            tracing::warn!("some calls were still running and were interrupted");
            self.doors.shutdown().await;
        }
        if let Some(tunnel) = self.tunnel {
            // It began to end with the doors, and has less time than they had.
            let _late = tokio::time::timeout(FLUSH_LIMIT, tunnel).await;
        }
        if tokio::time::timeout(FLUSH_LIMIT, self.catalog.close()).await.is_err() {
            tracing::error!("the last call records could not be written in time; check the database");
        }
        // Jails die with this process in any case.
        let _late = tokio::time::timeout(SANDBOX_LIMIT, self.runner.shutdown(SANDBOX_GRACE)).await;
        self.dir.withdraw();
    }
}
