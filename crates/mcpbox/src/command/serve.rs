//! `mcpbox serve`: the server in the foreground.

use std::{io::IsTerminal, path::Path};

use crate::{
    config::{Config, Environment, Settings},
    console::{Progress, Welcome, print},
    data_dir::DataDir,
    serve::{
        self, Server, Stopped,
        listen::{Listeners, TakenPort},
        wait_for_signal,
    },
};

/// Serves until a signal comes.
///
/// # Errors
/// The step that failed, in a sentence with the fix.
pub(crate) async fn run(config: &Config, ready_file: Option<&Path>, has_own_directory: bool) -> anyhow::Result<()> {
    // Heard from here on, so that a signal during a slow start ends the start.
    let signal = wait_for_signal();
    tokio::pin!(signal);
    let progress = Progress::new(false);
    let starting = async {
        let dir = DataDir::open(&config.data_dir)?;
        let lock = dir.lock()?;
        let listeners = Listeners::bind(config, &dir, TakenPort::Refuse).await?;
        serve::start(config, listeners, progress, lock, dir).await
    };
    let mut server = tokio::select! {
        started = starting => started?,
        heard = &mut signal => return heard,
    };
    server.announce(ready_file)?;
    progress.clear();
    print(&welcome(config, &server, has_own_directory));
    let stopped = server.run_until(signal).await;
    server.stop().await;
    match stopped {
        Stopped::Asked => Ok(()),
        Stopped::Broken(error) => Err(error),
    }
}

/// Whether the data directory differs from the default, so that other commands must name it too.
pub(crate) fn has_own_directory(settings: &Settings, env: &Environment) -> bool {
    let default = Settings::collect(crate::config::Flags::new(), None, None, &without_settings(env));
    default.map_or(true, |default| default.get("data_dir").0 != settings.get("data_dir").0)
}

fn without_settings(env: &Environment) -> Environment {
    env.iter()
        .filter(|(name, _)| !name.starts_with("MCPBOX_"))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// What an MCP endpoint beyond the loopback address means.
fn open_to(config: &Config) -> Option<String> {
    let others: Vec<_> = config.mcp_clients.networks()?.iter().map(ToString::to_string).collect();
    let is_open = config.doors().has_mcp() && !config.mcp_addr.ip().is_loopback();
    is_open.then(|| {
        let (address, others) = (config.mcp_addr, others.join(", "));
        format!("OPEN on {address} without login to this machine and every program behind {others} (mcp_clients)")
    })
}

fn welcome(config: &Config, server: &Server, has_own_directory: bool) -> String {
    let status = server.catalog.sandbox_status();
    let program = std::env::current_exe().map_or_else(|_| "mcpbox".to_owned(), |path| path.display().to_string());
    let directory = config.data_dir.display().to_string();
    let storage = match &config.database_url {
        Some(_) => format!("PostgreSQL; key and socket in {directory}"),
        None => format!("SQLite in {directory}"),
    };
    let remote = config.remote.as_ref().filter(|_| config.doors().has_mcp());
    let remote = remote.map(|remote| (format!("{}/mcp", remote.public_url), remote.address));
    Welcome {
        running: &server.running,
        open_to: open_to(config).as_deref(),
        remote: remote.as_ref().map(|(url, address)| (url.as_str(), *address)),
        storage: &storage,
        sandbox: &format!("{}; Python {}", status.detail.trim_end_matches('.'), status.python),
        program: &program,
        data_dir: has_own_directory.then_some(directory.as_str()),
        has_colour: std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
    }
    .text()
}
