//! What may be typed about servers: their limits, grants and secrets.

use chrono::{DateTime, TimeDelta, Utc};
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
        /// Until when: `30m`, `12h`, `7d`, or a time such as `2030-01-31T12:00:00Z`. Without it there is no end.
        #[arg(long, value_name = "WHEN", value_parser = Until::parse)]
        until: Option<Until>,
        /// Who decides.
        #[command(flatten)]
        credentials: Credentials,
    },
}

/// When something ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Until {
    /// At this time.
    At(DateTime<Utc>),
    /// So long from now.
    In(TimeDelta),
}

impl Until {
    /// From a span or a time.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if let Ok(at) = DateTime::parse_from_rfc3339(text) {
            return Ok(Self::At(at.to_utc()));
        }
        let unit = text.chars().next_back().filter(char::is_ascii_alphabetic);
        let number = unit.and_then(|unit| text.strip_suffix(unit)?.parse::<u32>().ok()).map(i64::from);
        let span = match (unit, number) {
            (Some('m'), Some(number)) => TimeDelta::try_minutes(number),
            (Some('h'), Some(number)) => TimeDelta::try_hours(number),
            (Some('d'), Some(number)) => TimeDelta::try_days(number),
            _ => None,
        };
        span.map(Self::In)
            .ok_or_else(|| "give a span such as 30m, 12h or 7d, or a time such as 2030-01-31T12:00:00Z".to_owned())
    }

    /// The time it ends.
    pub(crate) fn at(self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            Self::At(at) => Some(at),
            Self::In(span) => now.checked_add_signed(span),
        }
    }
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
