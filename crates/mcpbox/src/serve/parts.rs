//! The parts of a server, built from the settings: store, egress, sandbox.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context;
use mcpbox_egress::{Broker, BrokerConfig, ExtraRoots};
use mcpbox_sandbox::{Sandbox, SandboxConfig};
use mcpbox_store::{KeySource, Location, Store, StoreError};
use secrecy::ExposeSecret;

use crate::{
    config::Config,
    console::{Progress, warn},
    data_dir::DataDir,
};

/// Finds the key and opens the database with it.
///
/// # Errors
/// In a sentence with the fix.
pub(crate) async fn open_store(config: &Config, dir: &DataDir) -> anyhow::Result<Store> {
    anyhow::ensure!(!config.is_worker(), "a sandbox worker (role 'sandbox') has no database; run this on the server");
    let (keyring, origin) = key_source(config).load()?;
    tracing::info!(key.origin = ?origin, "the encryption key is there");
    match Store::open(&location(config, dir), keyring).await {
        Err(StoreError::WrongKey) if next_key_file(&config.key_file).exists() => anyhow::bail!(
            "a rotation of the encryption key was interrupted; run `mcpbox key rotate` again, which finishes it"
        ),
        opened => Ok(opened?),
    }
}

/// Where the key may be.
pub(crate) fn key_source(config: &Config) -> KeySource {
    KeySource {
        credentials_directory: config.credentials_directory.clone(),
        file: config.key_file.clone(),
        environment: config.key.clone(),
    }
}

/// Where a new key waits until the database takes it.
pub(crate) fn next_key_file(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".next");
    PathBuf::from(name)
}

/// Refuses while other processes use the database. Of a SQLite database the locked data directory tells that.
///
/// # Errors
/// In a sentence.
pub(crate) async fn ensure_alone(location: &Location) -> anyhow::Result<()> {
    let others = mcpbox_store::others_connected(location).await?;
    anyhow::ensure!(
        others == 0,
        "other processes of MCPbox are connected to {location} ({others} connections); stop all of them first"
    );
    Ok(())
}

/// Where the database is.
pub(crate) fn location(config: &Config, dir: &DataDir) -> Location {
    match &config.database_url {
        Some(url) => Location::Postgres(url.expose_secret().to_owned()),
        None => Location::Sqlite(dir.database()),
    }
}

/// Starts the sandbox: finds the interpreter, checks by probes that the jail holds, builds the environment.
///
/// # Errors
/// In a sentence with the fix.
pub(crate) async fn start_sandbox(config: &Config, dir: &DataDir, progress: Progress) -> anyhow::Result<Arc<Sandbox>> {
    let broker = Broker::new(broker_config(config))?;
    let sandbox = Sandbox::start(sandbox_config(config, dir)?, broker, move |step: &str| progress.show(step)).await?;
    if let Some(notice) = sandbox.notice() {
        warn(&notice);
    }
    Ok(sandbox)
}

/// What MCPbox itself goes out through: notifications, requests to Cloudflare. Nothing is kept open: they are rare.
///
/// # Errors
/// In a sentence with the fix.
pub(crate) fn notifier(config: &Config) -> anyhow::Result<Arc<Broker>> {
    let small = BrokerConfig {
        connect_timeout_ms: 5_000,
        request_timeout_ms: 30_000,
        exchange_timeout_ms: 40_000,
        max_request_bytes: 1 << 20,
        max_response_bytes: 1 << 20,
        max_idle_connections: 0,
        ..broker_config(config)
    };
    Ok(Broker::new(small)?)
}

/// What goes out to external sources: answers may take as long as the longest call, streams are kept open.
///
/// # Errors
/// In a sentence with the fix.
pub(crate) fn sources(config: &Config) -> anyhow::Result<Arc<Broker>> {
    let patient = BrokerConfig { request_timeout_ms: 620_000, exchange_timeout_ms: 3_600_000, ..broker_config(config) };
    Ok(Broker::new(patient)?)
}

fn broker_config(config: &Config) -> BrokerConfig {
    let extra_roots = config.extra_ca.iter().cloned().map(ExtraRoots::File).collect();
    BrokerConfig { extra_roots, ..BrokerConfig::default() }
}

/// The sandbox's own settings.
///
/// # Errors
/// This program does not know its own path.
pub(crate) fn sandbox_config(config: &Config, dir: &DataDir) -> anyhow::Result<SandboxConfig> {
    let jail_program = std::env::current_exe().context("cannot find this program's own file")?;
    Ok(SandboxConfig {
        data_dir: dir.path().to_owned(),
        python: config.python.clone(),
        jail_program,
        insecure_no_sandbox: config.insecure_no_sandbox,
        ..SandboxConfig::default()
    })
}
