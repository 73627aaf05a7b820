//! Settings: flag > environment > mcpbox.toml > default, each with the place it came from. Parsed once into [`Config`];
//! the rest of the program never looks at flags or the environment.

mod clients;
mod danger;
mod database;
mod front;
#[cfg(any(test, feature = "fuzzing"))]
mod fuzzing;
mod parse;
mod print;
mod proxies;
mod rates;
mod remote;
mod role;
mod source;
mod workers;

use std::{net::SocketAddr, path::PathBuf};

use clap::Args;
use mcpbox_core::{bearer::BearerKey, peers::Peers, proxies::Proxies};
use secrecy::SecretString;

pub(crate) use front::FrontSettings;
#[cfg(feature = "fuzzing")]
pub(crate) use fuzzing::settings;
pub(crate) use print::{print_json, print_table};
pub(crate) use rates::Rates;
pub(crate) use remote::Remote;
pub(crate) use role::{Doors, Role, WorkerSettings};
pub(crate) use source::{Environment, Flags, Settings};

/// Name of the settings file in the data directory.
pub(crate) const CONFIG_FILE: &str = "mcpbox.toml";

/// A setting: its key in the file, its flag, and the variables that set it.
#[derive(Debug)]
pub(crate) struct Setting {
    /// Key in the file; the flag, where there is one, is the same with dashes.
    pub key: &'static str,
    /// Environment variables, the first that is set counts.
    pub env: &'static [&'static str],
    /// Value when nothing sets it.
    pub default: &'static str,
    /// Whether the value is never printed.
    pub is_secret: bool,
    /// What it is, in a line.
    pub about: &'static str,
}

const fn setting(
    key: &'static str,
    env: &'static [&'static str],
    default: &'static str,
    about: &'static str,
) -> Setting {
    Setting { key, env, default, is_secret: false, about }
}

/// Every setting. Order is the order of `mcpbox config`.
pub(crate) const SETTINGS: &[Setting] = &[
    setting("data_dir", &["MCPBOX_DATA_DIR"], "", "where everything is stored"),
    setting("admin_addr", &["MCPBOX_ADMIN_ADDR"], "127.0.0.1:3000", "admin page and API listen here"),
    setting("mcp_addr", &["MCPBOX_MCP_ADDR"], "127.0.0.1:8000", "the MCP endpoint listens here"),
    setting(
        "admin_clients",
        &["MCPBOX_ADMIN_CLIENTS"],
        "",
        "addresses and networks that may connect to the admin page, or published-port; all otherwise",
    ),
    setting(
        "mcp_clients",
        &["MCPBOX_MCP_CLIENTS"],
        "",
        "private addresses and networks, or published-port, that the MCP endpoint serves without a login; this machine otherwise",
    ),
    setting(
        "trusted_proxies",
        &["MCPBOX_TRUSTED_PROXIES"],
        "",
        "addresses and networks of proxies that say for whom they ask (X-Forwarded-For, X-Forwarded-Proto); nobody otherwise",
    ),
    setting(
        "mcp_allowed_origins",
        &["MCPBOX_MCP_ALLOWED_ORIGINS"],
        "",
        "origins of web pages that may use the MCP endpoint, separated by commas; none otherwise",
    ),
    setting("hsts", &["MCPBOX_HSTS"], "off", "on tells browsers that came by https to come by nothing else for a year"),
    setting("admin_url", &["MCPBOX_ADMIN_URL"], "", "how people reach the admin page, when behind a proxy"),
    setting("mcp_url", &["MCPBOX_MCP_URL"], "", "how clients reach the MCP endpoint, when not at its own address"),
    setting(
        "public_url",
        &["MCPBOX_PUBLIC_URL"],
        "",
        "https://… at which clients elsewhere reach the remote listener; remote access is off without it",
    ),
    setting(
        "remote_addr",
        &["MCPBOX_REMOTE_ADDR"],
        "127.0.0.1:8002",
        "the MCP endpoint for clients elsewhere, with its login, listens here once there is a public_url",
    ),
    Setting {
        is_secret: true,
        ..setting(
            "database_url",
            &["DATABASE_URL", "MCPBOX_DATABASE_URL"],
            "",
            "postgres://…; SQLite in the data directory otherwise",
        )
    },
    setting("database_url_file", &["MCPBOX_DATABASE_URL_FILE"], "", "file that holds the database_url"),
    setting("python", &["MCPBOX_PYTHON"], "", "Python 3.11 or newer; found by itself otherwise"),
    Setting {
        is_secret: true,
        ..setting("encryption_key", &["MCPBOX_ENCRYPTION_KEY"], "", "64 hex digits; a key file is made otherwise")
    },
    setting("encryption_key_file", &["MCPBOX_ENCRYPTION_KEY_FILE"], "", "file that holds the key"),
    setting("extra_ca", &["MCPBOX_EXTRA_CA"], "", "PEM file of further authorities that tools' HTTPS may trust"),
    setting(
        FLAG_OR_VARIABLE_ONLY,
        &["MCPBOX_INSECURE_NO_SANDBOX"],
        "off",
        "on starts even where layers of the sandbox are missing; never with tools you do not trust",
    ),
    setting("rate_limit", &["MCPBOX_RATE_LIMIT"], "on", "off only for benchmarks"),
    setting(
        "rate_limits",
        &["MCPBOX_RATE_LIMITS"],
        "",
        "limits that differ from requests=600, logins=5, tools=60, calls=600, tokens=60 (a minute), registrations=5 (an hour)",
    ),
    setting(
        "role",
        &["MCPBOX_ROLE"],
        "all",
        "all; or one part: admin, gateway (several share a PostgreSQL), sandbox (a worker that runs tools for them)",
    ),
    setting("sandbox_addr", &["MCPBOX_SANDBOX_ADDR"], "127.0.0.1:8001", "a sandbox worker listens here"),
    setting(
        "sandbox_url",
        &["MCPBOX_SANDBOX_URL"],
        "",
        "workers that run the tools, separated by commas; this process otherwise",
    ),
    Setting {
        is_secret: true,
        ..setting(
            "sandbox_key",
            &["MCPBOX_SANDBOX_KEY"],
            "",
            "key of the workers, the same on both sides (`mcpbox key` makes one)",
        )
    },
    setting("sandbox_key_file", &["MCPBOX_SANDBOX_KEY_FILE"], "", "file that holds the key of the workers"),
    Setting {
        is_secret: true,
        ..setting(
            "metrics_token",
            &["MCPBOX_METRICS_TOKEN"],
            "",
            "who shows it may read /metrics (`mcpbox key` makes one)",
        )
    },
    setting(
        "metrics_addr",
        &["MCPBOX_METRICS_ADDR"],
        "",
        "a listener for /metrics and health alone, in every role; anything but loopback needs a metrics_token",
    ),
    setting("cloudflared", &["MCPBOX_CLOUDFLARED"], "", "the program cloudflared, to be kept running for a tunnel"),
    Setting {
        is_secret: true,
        ..setting(
            "tunnel_token",
            &["TUNNEL_TOKEN"],
            "",
            "token of its tunnel; that of the page's own connection otherwise",
        )
    },
    setting("tunnel_token_file", &["MCPBOX_TUNNEL_TOKEN_FILE"], "", "file that holds the token of the tunnel"),
    Setting {
        is_secret: true,
        ..setting(
            "front_token",
            &["MCPBOX_FRONT_TOKEN"],
            "",
            "what a front that signs people in by itself shows to the remote gateway; the page sets its own",
        )
    },
    setting("front_token_file", &["MCPBOX_FRONT_TOKEN_FILE"], "", "file that holds the token of the front"),
    setting(
        "front_emails",
        &["MCPBOX_FRONT_EMAILS"],
        "",
        "e-mail addresses that this front may bring in, separated by commas",
    ),
    setting(
        "cloudflare_api",
        &["MCPBOX_CLOUDFLARE_API"],
        "https://api.cloudflare.com/client/v4",
        "where Cloudflare's API is",
    ),
    setting("log", &["MCPBOX_LOG"], "warn", "log filter: error, warn, info, debug, or module=level,…"),
    setting("log_format", &["MCPBOX_LOG_FORMAT"], "text", "text or json"),
];

/// What no settings file may say: weakening the sandbox is said anew at every start.
pub(crate) const FLAG_OR_VARIABLE_ONLY: &str = "insecure_no_sandbox";

/// Variables that carry secrets: taken out of the environment before anything else happens.
pub(crate) const SECRET_VARIABLES: &[&str] = &[
    "MCPBOX_ENCRYPTION_KEY",
    "DATABASE_URL",
    "MCPBOX_DATABASE_URL",
    "MCPBOX_SANDBOX_KEY",
    "MCPBOX_METRICS_TOKEN",
    "MCPBOX_FRONT_TOKEN",
    "TUNNEL_TOKEN",
    "OTEL_EXPORTER_OTLP_HEADERS",
    "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
];

/// One flag per setting.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Settings (also MCPBOX_… variables and mcpbox.toml; see `mcpbox config`)")]
pub(crate) struct SettingFlags {
    /// Admin page and API listen here [default: 127.0.0.1:3000].
    #[arg(long, value_name = "HOST:PORT")]
    pub admin_addr: Option<String>,
    /// The MCP endpoint listens here [default: 127.0.0.1:8000].
    #[arg(long, value_name = "HOST:PORT")]
    pub mcp_addr: Option<String>,
    /// Addresses and networks that may connect to the admin page; `published-port` is the container's own gateway [default: all].
    #[arg(long, value_name = "ADDRESS,…")]
    pub admin_clients: Option<String>,
    /// Private addresses and networks whose every program may call and make tools without a login, over a --mcp-addr that is not loopback;
    /// `published-port` is the container's own gateway [default: this machine alone].
    #[arg(long, value_name = "ADDRESS,…")]
    pub mcp_clients: Option<String>,
    /// Addresses and networks of proxies that say for whom they ask [default: none].
    #[arg(long, value_name = "ADDRESS,…")]
    pub trusted_proxies: Option<String>,
    /// Origins of web pages that may use the MCP endpoint [default: none].
    #[arg(long, value_name = "ORIGIN,…")]
    pub mcp_allowed_origins: Option<String>,
    /// on: browsers that came by https come by nothing else for a year [default: off].
    #[arg(long, value_name = "on|off")]
    pub hsts: Option<String>,
    /// How people reach the admin page, when it is behind a proxy.
    #[arg(long, value_name = "URL")]
    pub admin_url: Option<String>,
    /// How clients reach the MCP endpoint, when not at its own address.
    #[arg(long, value_name = "URL")]
    pub mcp_url: Option<String>,
    /// The https:// address at which a tunnel or proxy publishes the remote listener; switches remote access on [default: off].
    #[arg(long, value_name = "URL")]
    pub public_url: Option<String>,
    /// The MCP endpoint for clients elsewhere, with its login, listens here [default: 127.0.0.1:8002].
    #[arg(long, value_name = "HOST:PORT")]
    pub remote_addr: Option<String>,
    /// postgres://… instead of SQLite in the data directory (safer in DATABASE_URL: flags show in the process list).
    #[arg(long, value_name = "URL")]
    pub database_url: Option<String>,
    /// File that holds the database URL.
    #[arg(long, value_name = "FILE")]
    pub database_url_file: Option<String>,
    /// Python interpreter, 3.11 or newer [default: the newest one found].
    #[arg(long, value_name = "FILE")]
    pub python: Option<String>,
    /// File that holds the encryption key [default: made in the data directory].
    #[arg(long, value_name = "FILE")]
    pub encryption_key_file: Option<String>,
    /// PEM file of further certificate authorities that tools' HTTPS may trust.
    #[arg(long, value_name = "FILE")]
    pub extra_ca: Option<String>,
    /// Start even where layers of the sandbox are missing: tools may then do to this machine whatever they like.
    #[arg(long, num_args = 0, default_missing_value = "on")]
    pub insecure_no_sandbox: Option<String>,
    /// on, or off for benchmarks [default: on].
    #[arg(long, value_name = "on|off")]
    pub rate_limit: Option<String>,
    /// Limits that differ from the defaults, such as logins=3,tools=120; see `mcpbox config`.
    #[arg(long, value_name = "WHAT=N,…")]
    pub rate_limits: Option<String>,
    /// all, or one part: admin, gateway, or sandbox, which only runs tools, for those that name it in --sandbox-url [default: all].
    #[arg(long, value_name = "ROLE")]
    pub role: Option<String>,
    /// A sandbox worker listens here [default: 127.0.0.1:8001].
    #[arg(long, value_name = "HOST:PORT")]
    pub sandbox_addr: Option<String>,
    /// Workers that run the tools instead of this process, separated by commas.
    #[arg(long, value_name = "URL,…")]
    pub sandbox_url: Option<String>,
    /// File that holds the key of the workers (or set MCPBOX_SANDBOX_KEY).
    #[arg(long, value_name = "FILE")]
    pub sandbox_key_file: Option<String>,
    /// A listener for /metrics and health alone, such as 127.0.0.1:9090 [default: none].
    #[arg(long, value_name = "HOST:PORT")]
    pub metrics_addr: Option<String>,
    /// The program cloudflared, to be kept running for the tunnel that the page makes [default: none].
    #[arg(long, value_name = "FILE")]
    pub cloudflared: Option<String>,
    /// File that holds the token of a tunnel made elsewhere (or set TUNNEL_TOKEN).
    #[arg(long, value_name = "FILE")]
    pub tunnel_token_file: Option<String>,
    /// File that holds what a front that signs people in by itself shows to the remote gateway.
    #[arg(long, value_name = "FILE")]
    pub front_token_file: Option<String>,
    /// E-mail addresses that this front may bring in, separated by commas.
    #[arg(long, value_name = "ADDRESS,…")]
    pub front_emails: Option<String>,
    /// Log filter [default: warn].
    #[arg(long, value_name = "FILTER")]
    pub log: Option<String>,
    /// text or json [default: text].
    #[arg(long, value_name = "FORMAT")]
    pub log_format: Option<String>,
}

impl SettingFlags {
    /// These flags by key; `other` fills what is absent.
    pub(crate) fn or(&self, other: &Self) -> Flags {
        let pairs = [
            ("admin_addr", &self.admin_addr, &other.admin_addr),
            ("mcp_addr", &self.mcp_addr, &other.mcp_addr),
            ("admin_clients", &self.admin_clients, &other.admin_clients),
            ("mcp_clients", &self.mcp_clients, &other.mcp_clients),
            ("trusted_proxies", &self.trusted_proxies, &other.trusted_proxies),
            ("mcp_allowed_origins", &self.mcp_allowed_origins, &other.mcp_allowed_origins),
            ("hsts", &self.hsts, &other.hsts),
            ("admin_url", &self.admin_url, &other.admin_url),
            ("mcp_url", &self.mcp_url, &other.mcp_url),
            ("public_url", &self.public_url, &other.public_url),
            ("remote_addr", &self.remote_addr, &other.remote_addr),
            ("database_url", &self.database_url, &other.database_url),
            ("database_url_file", &self.database_url_file, &other.database_url_file),
            ("python", &self.python, &other.python),
            ("encryption_key_file", &self.encryption_key_file, &other.encryption_key_file),
            ("extra_ca", &self.extra_ca, &other.extra_ca),
            ("insecure_no_sandbox", &self.insecure_no_sandbox, &other.insecure_no_sandbox),
            ("rate_limit", &self.rate_limit, &other.rate_limit),
            ("rate_limits", &self.rate_limits, &other.rate_limits),
            ("role", &self.role, &other.role),
            ("sandbox_addr", &self.sandbox_addr, &other.sandbox_addr),
            ("sandbox_url", &self.sandbox_url, &other.sandbox_url),
            ("sandbox_key_file", &self.sandbox_key_file, &other.sandbox_key_file),
            ("metrics_addr", &self.metrics_addr, &other.metrics_addr),
            ("cloudflared", &self.cloudflared, &other.cloudflared),
            ("tunnel_token_file", &self.tunnel_token_file, &other.tunnel_token_file),
            ("front_token_file", &self.front_token_file, &other.front_token_file),
            ("front_emails", &self.front_emails, &other.front_emails),
            ("log", &self.log, &other.log),
            ("log_format", &self.log_format, &other.log_format),
        ];
        pairs
            .into_iter()
            .filter_map(|(key, first, second)| Some((key, first.clone().or_else(|| second.clone())?)))
            .collect()
    }
}

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
