//! What may be typed about reviews and the packages they bring.

use clap::{Args, Subcommand};

use super::Credentials;

/// What waits for a human's decision.
#[derive(Debug, Subcommand)]
pub(crate) enum ReviewCommand {
    /// List open reviews.
    List {
        /// Print a JSON array of {id, server, tool, version, content_hash, risk}.
        #[arg(long)]
        json: bool,
    },
    /// Show what a review would change: code, permissions, findings, evidence.
    Show {
        /// The review's id.
        id: String,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Approve: the version becomes the live one, with the permissions it asks for. Asks an admin's password.
    Approve(ApproveArgs),
    /// Send back to the author, with the reason in --comment. Asks an admin's password.
    Reject(DecisionArgs),
    /// Take an approval back, whether a human or a rule gave it: calls run the version approved before, or none. Asks an
    /// admin's password.
    Revoke {
        /// The review's id.
        id: String,
        /// Why; the author sees it.
        #[arg(long, default_value = "", value_name = "TEXT")]
        comment: String,
        /// Who takes it back.
        #[command(flatten)]
        credentials: Credentials,
    },
    /// Resolve the packages of a review again, after the package index could not be reached. Asks an admin's password.
    Resolve {
        /// The review's id.
        id: String,
        /// Who asks.
        #[command(flatten)]
        credentials: Credentials,
    },
}

/// Packages.
#[derive(Debug, Subcommand)]
pub(crate) enum PackageCommand {
    /// List the environments that published tools run in, and whether each is installed.
    List {
        /// Print a JSON array.
        #[arg(long)]
        json: bool,
    },
    /// Install an environment again, after a failure. Asks an admin's password.
    Install {
        /// Its lock, as `mcpbox package list` shows it.
        lock: String,
        /// Who asks.
        #[command(flatten)]
        credentials: Credentials,
    },
}

/// An approval, with what its risk asks for.
#[derive(Debug, Args)]
pub(crate) struct ApproveArgs {
    /// Which, and in which words.
    #[command(flatten)]
    pub decision: DecisionArgs,
    /// A finding you have read, by its id; at high risk all of them.
    #[arg(long, value_name = "FINDING")]
    pub acknowledge: Vec<String>,
    /// The tool's name, typed by you; at critical risk.
    #[arg(long, value_name = "NAME")]
    pub tool_name: Option<String>,
    /// Something not to allow, as the review shows it, and why: `host x.example=unknown host`.
    #[arg(long, value_name = "WHAT=WHY")]
    pub refuse: Vec<String>,
}

/// Which review, and the words of the decision.
#[derive(Debug, Args)]
pub(crate) struct DecisionArgs {
    /// The review's id.
    pub id: String,
    /// Decide only if the bundle still has this hash (default: the one that is shown now).
    #[arg(long, value_name = "HASH")]
    pub hash: Option<String>,
    /// What you want to say; the author sees it.
    #[arg(long, default_value = "", value_name = "TEXT")]
    pub comment: String,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// Who decides.
    #[command(flatten)]
    pub credentials: Credentials,
}
