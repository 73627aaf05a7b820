//! One flag for each setting that may stand on the command line.

use clap::Args;

use super::Flags;

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
    /// Addresses and networks that may connect to it, such as those of the tunnel, or published-port [default: all].
    #[arg(long, value_name = "ADDRESS,…")]
    pub remote_clients: Option<String>,
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
    /// Seconds that a call may take before a client that understands tasks gets one for it, or never [default: 5].
    #[arg(long, value_name = "SECONDS|never")]
    pub task_after: Option<String>,
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
            ("remote_clients", &self.remote_clients, &other.remote_clients),
            ("database_url", &self.database_url, &other.database_url),
            ("database_url_file", &self.database_url_file, &other.database_url_file),
            ("python", &self.python, &other.python),
            ("encryption_key_file", &self.encryption_key_file, &other.encryption_key_file),
            ("extra_ca", &self.extra_ca, &other.extra_ca),
            ("insecure_no_sandbox", &self.insecure_no_sandbox, &other.insecure_no_sandbox),
            ("rate_limit", &self.rate_limit, &other.rate_limit),
            ("rate_limits", &self.rate_limits, &other.rate_limits),
            ("task_after", &self.task_after, &other.task_after),
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
