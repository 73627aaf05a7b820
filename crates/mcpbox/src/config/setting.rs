//! Every setting: its key, the variables that set it, its default, and what it is.

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
    setting(
        "remote_clients",
        &["MCPBOX_REMOTE_CLIENTS"],
        "",
        "addresses and networks that may connect to it, such as those of the tunnel alone, or published-port; all otherwise",
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
        "limits that differ from requests=600, logins=5, tools=60, calls=600, tokens=60, authorizations=20, looks=120 (a minute), registrations=5 (an hour)",
    ),
    setting(
        "task_after",
        &["MCPBOX_TASK_AFTER"],
        "5",
        "seconds that a call may take before a client that understands MCP's tasks gets one for it, 0.1 to 600; never is never",
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
