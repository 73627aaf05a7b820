//! What may be typed about servers: their limits, grants and secrets.

use clap::{Args, Subcommand, ValueEnum};

use super::Credentials;

/// Servers.
#[derive(Debug, Subcommand)]
pub(crate) enum ServerCommand {
    /// List servers.
    List {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Change a server. Asks an admin's password.
    Set {
        /// The server.
        name: String,
        /// What changes.
        #[command(flatten)]
        change: ServerChange,
        /// Who decides.
        #[command(flatten)]
        credentials: Credentials,
    },
}

/// What changes on a server: at least one of them.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub(crate) struct ServerChange {
    /// Language rules of its tools: restricted Python, or ordinary Python with only the jail around it.
    #[arg(long, value_enum)]
    pub code_policy: Option<CodePolicyArg>,
    /// Longest run of a call, milliseconds (100 to 600000).
    #[arg(long, value_name = "N")]
    pub timeout_ms: Option<u64>,
    /// Most memory of a call, MiB (32 to 4096).
    #[arg(long, value_name = "N")]
    pub memory_mb: Option<u64>,
}

/// Language rules.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum CodePolicyArg {
    /// Restricted builtins and imports.
    Strict,
    /// Ordinary Python.
    Standard,
}

/// Grants.
#[derive(Debug, Subcommand)]
pub(crate) enum GrantCommand {
    /// Allow a host, a module or a package to all tools of a server. Asks an admin's password.
    Add {
        /// The server.
        #[arg(long)]
        server: String,
        /// What is allowed.
        #[command(flatten)]
        what: GrantTarget,
        /// Why.
        #[arg(long, default_value = "", value_name = "TEXT")]
        comment: String,
        /// Who decides.
        #[command(flatten)]
        credentials: Credentials,
    },
}

/// What is allowed: exactly one of them.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct GrantTarget {
    /// A host: `api.example.org`, `10.0.0.7:8080`.
    #[arg(long, value_name = "HOST[:PORT]")]
    pub host: Option<String>,
    /// A Python module.
    #[arg(long, value_name = "NAME")]
    pub module: Option<String>,
    /// A package of the package index, installed with what it depends on: `pandas`, `pandas>=2,<3`.
    #[arg(long, value_name = "NAME[VERSIONS]")]
    pub package: Option<String>,
}

/// Secrets.
#[derive(Debug, Subcommand)]
pub(crate) enum SecretCommand {
    /// Set a secret's value, asked for on the terminal or read from standard input. Asks an admin's password.
    ///
    /// With --password-stdin the first line of standard input is the password and all the rest is the value;
    /// one newline at the end is dropped.
    Set {
        /// The server it belongs to.
        server: String,
        /// Its key (UPPER_SNAKE_CASE).
        key: String,
        /// A host it may be sent to; may be repeated.
        #[arg(long = "host", value_name = "HOST[:PORT]")]
        hosts: Vec<String>,
        /// Let tool code see the value (for signing schemes); otherwise it is put in only on the way to its hosts.
        #[arg(long)]
        revealed: bool,
        /// Who decides.
        #[command(flatten)]
        credentials: Credentials,
    },
}
