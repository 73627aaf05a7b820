//! `mcpbox serve`: from settings to a server that answers, and back down. Each step fails with one sentence and its fix.

mod cloudflared;
mod health;
pub(crate) mod leash;
pub(crate) mod listen;
pub(crate) mod monitor;
pub(crate) mod parts;
mod process;
pub(crate) mod runner;
mod stop;

use std::{path::Path, sync::Arc};

use anyhow::Context;
use mcpbox_catalog::{Catalog, CatalogConfig, backup, cloudflare, notify, observe, session, source};
use mcpbox_core::clock::SystemClock;
use mcpbox_source::Sources;
use secrecy::ExposeSecret;
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::{
    config::Config,
    console::Progress,
    data_dir::{DataDir, Lock, Running, write_atomically},
    offline,
};
use listen::Listeners;
use runner::Runner;

pub(crate) use stop::{Stopped, wait_for_signal};

/// A server that answers.
pub(crate) struct Server {
    /// The hub.
    pub catalog: Arc<Catalog>,
    /// How it is reached.
    pub running: Running,
    runner: Runner,
    doors: JoinSet<anyhow::Result<()>>,
    tunnel: Option<JoinHandle<()>>,
    shutdown: CancellationToken,
    dir: DataDir,
    _lock: Lock,
}

/// Starts everything.
///
/// # Errors
/// The first step that fails, as a sentence with the fix.
pub(crate) async fn start(
    config: &Config,
    listeners: Listeners,
    progress: Progress,
    lock: Lock,
    dir: DataDir,
) -> anyhow::Result<Server> {
    let store = parts::open_store(config, &dir).await?;
    let runner = Runner::start(config, &dir, progress).await?;
    let executor = runner.executor();
    let admin_url = config.admin_url.clone().or_else(|| listeners.admin_url());
    let hub = CatalogConfig {
        store,
        executor,
        clock: Arc::new(SystemClock),
        admin_url: admin_url.clone().unwrap_or_default(),
    };
    let catalog = Catalog::open(hub).await.map_err(offline::readable)?;
    if let Err(error) = cloudflare::end_turn_left_behind(&catalog).await {
        tracing::warn!(%error, "a step of the connection over Cloudflare was cut off; it can go on in three minutes");
    }
    if config.database_url.is_none() {
        catalog.watch_room(dir.path().to_owned());
    }
    if config.doors().has_admin() {
        // A gateway alone tells nobody: it is where LLMs come in, and who decides is told by who serves them.
        notify::connect(&catalog, parts::notifier(config)?);
        notify::watch(&catalog);
        cloudflare::connect(&catalog, &config.front.cloudflare_api, mcpbox_ui::WORKER);
        backup::start(&catalog, dir.path().join("backups"), env!("CARGO_PKG_VERSION"));
    }
    if config.remote.is_some() && !config.doors().has_admin() {
        // Clients of remote access are described by documents on their own hosts.
        notify::connect(&catalog, parts::notifier(config)?);
    }
    source::connect(&catalog, Sources::with_programs(parts::sources(config)?, runner.programs(), None));
    observe::alerts::watch(&catalog, lookout(config));
    let running = Running {
        mcp_url: config.mcp_url.clone().or_else(|| listeners.mcp_url()),
        setup_url: match &admin_url {
            Some(url) if config.doors().has_admin() => setup_url(&catalog, url).await?,
            _ => None,
        },
        admin_url,
        pid: std::process::id(),
    };
    let shutdown = CancellationToken::new();
    let watched = monitor::Watched { catalog: Some(Arc::clone(&catalog)), runner: runner.clone() };
    let monitor = monitor::monitor(config, watched);
    let doors = listeners.serve(&catalog, &monitor, config, &shutdown);
    let tunnel = keep_tunnel(config, &catalog, &shutdown);
    Ok(Server { catalog, running, runner, doors, tunnel, shutdown, dir, _lock: lock })
}

impl Server {
    /// Ends with the server.
    pub(crate) fn shutdown_token(&self) -> CancellationToken {
        self.shutdown.clone()
    }

    /// Tells the command line, and whoever waits for `ready_file`, that calls are served.
    ///
    /// # Errors
    /// A file cannot be written.
    pub(crate) fn announce(&self, ready_file: Option<&Path>) -> anyhow::Result<()> {
        self.dir.announce(&self.running)?;
        ready_file.map_or(Ok(()), |file| write_atomically(file, &self.running))
    }
}

/// Runs `cloudflared`, where an admin provides it.
fn keep_tunnel(config: &Config, catalog: &Arc<Catalog>, stop: &CancellationToken) -> Option<JoinHandle<()>> {
    let program = config.front.cloudflared.clone()?;
    let tunnel = cloudflared::Tunnel { program, token: config.front.tunnel_token.clone() };
    Some(tokio::spawn(cloudflared::keep(tunnel, Arc::clone(catalog), stop.clone())))
}

/// What looks for alerts here, under a name that is the same after a restart.
fn lookout(config: &Config) -> observe::alerts::Lookout {
    let machine = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let port = if config.doors().has_admin() { config.admin_addr.port() } else { config.mcp_addr.port() };
    let data_dir = config.data_dir.clone();
    let free = move || rustix::fs::statvfs(&data_dir).ok().map(|disk| disk.f_bavail * disk.f_frsize);
    observe::alerts::Lookout::new(format!("{}@{machine}:{port}", config.role.word()), free)
}

/// The address with the one-time token, while no admin exists.
async fn setup_url(catalog: &Arc<Catalog>, admin_url: &str) -> anyhow::Result<Option<String>> {
    if session::has_admin(catalog).await.map_err(offline::readable)? {
        return Ok(None);
    }
    let token =
        session::new_setup_token(catalog).await.map_err(offline::readable).context("cannot make the setup link")?;
    Ok(Some(format!("{admin_url}/setup#token={}", token.expose_secret())))
}
