//! What may be typed about personal access tokens.

use clap::Subcommand;
use mcpbox_core::principal::Scope;

use super::{Credentials, server::Until};

/// Personal access tokens.
#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Make a token for an MCP client that sends a header, and print it: it is not shown again. Asks an admin's password.
    Create {
        /// What it is for, unique.
        name: String,
        /// What it allows: mcp:tools (call tools), mcp:author (write them), server:NAME (only that server). May be repeated.
        #[arg(long = "scope", default_value = "mcp:tools", value_name = "SCOPE")]
        scopes: Vec<Scope>,
        /// Until when: `12h`, `30d`, or a time such as `2030-01-31T12:00:00Z`.
        #[arg(long, value_name = "WHEN", default_value = "90d", value_parser = Until::parse)]
        until: Until,
        /// Without an end.
        #[arg(long, conflicts_with = "until")]
        forever: bool,
        /// Who decides.
        #[command(flatten)]
        credentials: Credentials,
    },
    /// List tokens: names, scopes, last use. Never what a client sends.
    List {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Revoke a token, at once and on every replica. Asks an admin's password.
    Revoke {
        /// Its name.
        name: String,
        /// Who decides.
        #[command(flatten)]
        credentials: Credentials,
    },
}
