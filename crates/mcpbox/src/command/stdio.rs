//! `mcpbox stdio`: MCP on standard input and output. With a running server it is a bridge to it; else it is the server.

use std::sync::Arc;

use anyhow::{Context, bail};

use crate::{
    config::Config,
    console::Progress,
    data_dir::{self, DataDir},
    serve::{
        self, Stopped,
        listen::{Listeners, TakenPort, gateway_config},
        wait_for_signal,
    },
};

/// Serves one client, until it closes its end or a signal comes.
///
/// # Errors
/// In a sentence.
pub(crate) async fn run(config: &Config) -> anyhow::Result<()> {
    anyhow::ensure!(
        !config.is_worker(),
        "a sandbox worker (role 'sandbox') speaks no MCP; start it with `mcpbox serve`"
    );
    let dir = DataDir::open(&config.data_dir)?;
    let Some(lock) = dir.try_lock()? else {
        let shown = dir.path().display();
        let running = data_dir::running(dir.path());
        let running = running.with_context(|| {
            format!("a server is just starting on the data directory {shown}; try again in a moment")
        })?;
        let Some(url) = running.mcp_url else {
            bail!(
                "the server on this data directory has no MCP endpoint; name the gateway's data directory with --data-dir DIR"
            );
        };
        return bridge(&url).await;
    };
    let listeners = Listeners::bind(config, &dir, TakenPort::TakeAnother).await?;
    let mut server = serve::start(config, listeners, Progress::new(true), lock, dir).await?;
    server.announce(None)?;
    let (catalog, shutdown) = (Arc::clone(&server.catalog), server.shutdown_token());
    let client = async {
        tokio::select! {
            served = mcpbox_gateway::serve_stdio(catalog, gateway_config(config), shutdown) => Ok(served?),
            signal = wait_for_signal() => signal,
        }
    };
    let stopped = server.run_until(client).await;
    server.stop().await;
    match stopped {
        Stopped::Asked => Ok(()),
        Stopped::Broken(error) => Err(error),
    }
}

/// `mcpbox connect URL`: passes messages between standard streams and an endpoint.
///
/// # Errors
/// In a sentence.
pub(crate) async fn connect(url: &str, token: Option<secrecy::SecretString>) -> anyhow::Result<()> {
    tokio::select! {
        ended = mcpbox_gateway::bridge(url, token) => Ok(ended?),
        signal = wait_for_signal() => signal,
    }
}

async fn bridge(url: &str) -> anyhow::Result<()> {
    connect(url, None).await
}
