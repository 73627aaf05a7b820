//! What may be typed about backups and the encryption key.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Credentials;

/// What goes into a backup.
#[derive(Debug, Args)]
pub(crate) struct BackupArgs {
    /// The file to write; must not exist.
    pub file: PathBuf,
    /// Encrypt it with a passphrase, which is asked for.
    #[arg(long)]
    pub encrypt: bool,
    /// Put the encryption key in as well, so that the file alone is enough to restore. Needs --encrypt.
    #[arg(long, requires = "encrypt")]
    pub include_key: bool,
    /// Read the passphrase from the first line of standard input instead of the terminal.
    #[arg(long, requires = "encrypt")]
    pub passphrase_stdin: bool,
}

/// What is restored where.
#[derive(Debug, Args)]
pub(crate) struct RestoreArgs {
    /// The backup.
    pub file: PathBuf,
    /// Put it in place of what is there. A SQLite database is kept beside it; what PostgreSQL holds is removed.
    #[arg(long)]
    pub replace: bool,
    /// Read the passphrase of an encrypted backup from the first line of standard input.
    #[arg(long)]
    pub passphrase_stdin: bool,
}

/// Where an export goes.
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// The file to write; must not exist. Standard output when absent.
    pub file: Option<PathBuf>,
}

/// What is imported, and how.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// The file.
    pub file: PathBuf,
    /// Only tell what would come of it.
    #[arg(long)]
    pub dry_run: bool,
    /// Import tools whose names are taken under another name, instead of leaving them out.
    #[arg(long)]
    pub rename: bool,
    /// Leave the tools drafts, instead of opening one review for each.
    #[arg(long)]
    pub drafts_only: bool,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
    /// Who imports.
    #[command(flatten)]
    pub credentials: Credentials,
}

/// The encryption key.
#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Replace the encryption key by a new one. No server may run. Interrupted, it is finished by the same command.
    Rotate(RotateArgs),
}

/// What is rotated.
#[derive(Debug, Args)]
pub(crate) struct RotateArgs {
    /// Also make a new data key and encrypt every value with it.
    #[arg(long)]
    pub data_keys: bool,
    /// Where the new key is, or is to be written, when the old one does not come from the key file.
    #[arg(long, value_name = "FILE")]
    pub new_key_file: Option<PathBuf>,
}
