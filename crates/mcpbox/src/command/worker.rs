//! `mcpbox serve --role sandbox`: runs tools for servers elsewhere. Opens neither database nor key file.

use std::{net::SocketAddr, path::Path, sync::Arc};

use anyhow::Context;
use mcpbox_core::{bearer::BearerKey, execute::Executor};
use mcpbox_sandbox::WorkerDoor;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::{
    config::Config,
    console::{Progress, print},
    data_dir::{DataDir, write_atomically},
    serve::{
        listen::{TakenPort, bind, bind_monitor, reachable},
        monitor::{Watched, monitor},
        parts,
        runner::Runner,
        wait_for_signal,
    },
};

/// Serves until a signal comes.
///
/// # Errors
/// The step that failed, in a sentence with the fix.
pub(crate) async fn run(
    config: &Config,
    address: SocketAddr,
    key: &BearerKey,
    ready_file: Option<&Path>,
) -> anyhow::Result<()> {
    // Heard from here on, so that a signal during a slow start ends the start.
    let signal = wait_for_signal();
    tokio::pin!(signal);
    let progress = Progress::new(false);
    let dir = DataDir::open(&config.data_dir)?;
    let _lock = dir.lock()?;
    let (listener, address) = bind(address, "--sandbox-addr", TakenPort::Refuse).await?;
    let monitor_listener = bind_monitor(config).await?;
    let sandbox = tokio::select! {
        started = parts::start_sandbox(config, &dir, progress) => started?,
        heard = &mut signal => return heard,
    };
    let url = format!("http://{}", reachable(address));
    let monitor = monitor(config, Watched { catalog: None, runner: Runner::Here(Arc::clone(&sandbox)) });
    if let Some(file) = ready_file {
        write_atomically(file, &json!({"sandbox_url": url, "pid": std::process::id()}))?;
    }
    progress.clear();
    let status = sandbox.status();
    print(&format!(
        "\n  MCPbox sandbox worker  {}\n\n  listens on   {url}\n  sandbox      {}; Python {}\n\n  \
         On the server: MCPBOX_SANDBOX_URL={url} and the same MCPBOX_SANDBOX_KEY as here.\n\n",
        env!("CARGO_PKG_VERSION"),
        status.detail.trim_end_matches('.'),
        status.python,
    ));
    let door = WorkerDoor { sandbox, key: key.clone(), metrics_token: config.metrics_token.clone() };
    let shutdown = CancellationToken::new();
    let mut heard = Ok(());
    let end = async {
        heard = signal.await;
        shutdown.cancel();
    };
    let watched = async {
        match monitor_listener {
            Some(listener) => mcpbox_admin::serve_monitor(listener, monitor, shutdown.clone()).await,
            None => Ok(()),
        }
    };
    let (_, (), watched) = tokio::join!(mcpbox_sandbox::serve(listener, door, shutdown.clone()), end, watched);
    watched.context("the listener of the metrics stopped")?;
    heard
}
