//! Settings: flag > environment > mcpbox.toml > default, each with the place it came from. Parsed once into [`Config`];
//! the rest of the program never looks at flags or the environment.

mod clients;
mod danger;
mod database;
mod flags;
mod front;
#[cfg(any(test, feature = "fuzzing"))]
mod fuzzing;
mod parse;
mod print;
mod proxies;
mod rates;
mod remote;
mod role;
mod setting;
mod source;
mod workers;

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use mcpbox_core::{bearer::BearerKey, peers::Peers, proxies::Proxies};
use secrecy::SecretString;

pub(crate) use flags::SettingFlags;
pub(crate) use front::FrontSettings;
#[cfg(feature = "fuzzing")]
pub(crate) use fuzzing::settings;
pub(crate) use print::{print_json, print_table};
pub(crate) use rates::Rates;
pub(crate) use remote::Remote;
pub(crate) use role::{Doors, Role, WorkerSettings};
pub(crate) use setting::{FLAG_OR_VARIABLE_ONLY, SECRET_VARIABLES, SETTINGS, Setting};
pub(crate) use source::{Environment, Flags, Settings};

/// Name of the settings file in the data directory.
pub(crate) const CONFIG_FILE: &str = "mcpbox.toml";

/// All settings, checked.
#[derive(Debug)]
pub(crate) struct Config {
    /// Where everything is stored.
    pub data_dir: PathBuf,
    /// Admin listener.
    pub admin_addr: SocketAddr,
    /// MCP listener; loopback, unless it is said who else is served.
    pub mcp_addr: SocketAddr,
    /// Who may connect to the admin listener.
    pub admin_clients: Peers,
    /// Who may connect to the MCP listener.
    pub mcp_clients: Peers,
    /// Whose word about a client's address counts.
    pub trusted_proxies: Proxies,
    /// Web pages that may use the MCP endpoint.
    pub mcp_allowed_origins: Vec<String>,
    /// Whether browsers are told to come by https alone.
    pub hsts: bool,
    /// How people reach the admin page; none means the listener's own address.
    pub admin_url: Option<String>,
    /// How clients reach the MCP endpoint; none means the listener's own address.
    pub mcp_url: Option<String>,
    /// The remote listener; none means that remote access is off.
    pub remote: Option<Remote>,
    /// PostgreSQL; none means SQLite in the data directory.
    pub database_url: Option<SecretString>,
    /// Interpreter; none means the newest one found.
    pub python: Option<PathBuf>,
    /// Directory of credentials from the service manager.
    pub credentials_directory: Option<PathBuf>,
    /// File of the encryption key; made on first start when no place has a key.
    pub key_file: PathBuf,
    /// Encryption key from the environment.
    pub key: Option<SecretString>,
    /// Further authorities of tools' HTTPS.
    pub extra_ca: Option<PathBuf>,
    /// Whether tools may run where layers of the sandbox are missing.
    pub insecure_no_sandbox: bool,
    /// How often one may ask.
    pub rates: Rates,
    /// How long a call may take before it becomes a task; none is for ever.
    pub task_after: Option<Duration>,
    /// What this process is.
    pub role: Role,
    /// Where metrics and health are served alone; none is nowhere.
    pub metrics_addr: Option<SocketAddr>,
    /// Who may read the metrics without a login.
    pub metrics_token: Option<BearerKey>,
    /// What signs people in before the remote gateway, and the tunnel to it.
    pub front: FrontSettings,
    /// Log filter.
    pub log: String,
    /// Whether log lines are JSON.
    pub logs_json: bool,
}

impl Config {
    /// What this process opens as a server.
    pub(crate) fn doors(&self) -> Doors {
        match self.role {
            Role::Server { doors, .. } => doors,
            Role::Sandbox { .. } => Doors::All,
        }
    }

    /// Whether this process only runs tools for servers elsewhere.
    pub(crate) fn is_worker(&self) -> bool {
        matches!(self.role, Role::Sandbox { .. })
    }
}
