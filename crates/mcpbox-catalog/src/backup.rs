//! Backups as files: what the store writes, compressed, encrypted if a passphrase is given, and there as a whole or not at
//! all. Restoring checks everything before any of it counts.

mod file;
mod passphrase;
mod restore;
mod schedule;

use std::path::PathBuf;

use mcpbox_store::backup::BackupError;

pub use file::{BackupReport, BackupRequest, write};
pub use restore::{Opened, RestoreReport, Restored, open, restore};
pub use schedule::{BackupState, FailedBackup, StoredBackup, make, make_if_due, open_stored, start, state};
pub(crate) use schedule::{Folder, is_failing};

/// Why a backup file cannot be made or restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupFileError {
    /// Database or content.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// A file.
    #[error("cannot use {path}; check its name, its owner and the free space of its directory")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A file of that name is there.
    #[error("{path} exists already; choose another name, or remove it first")]
    Exists {
        /// Which.
        path: PathBuf,
    },
    /// Encrypted, and no passphrase was given.
    #[error("this backup is encrypted; its passphrase is needed")]
    NeedsPassphrase,
    /// Encrypted with another passphrase.
    #[error("this is not the passphrase of the backup, or the backup is damaged; nothing was restored")]
    WrongPassphrase,
    /// The master key is to be included without a passphrase.
    #[error(
        "the encryption key goes into a backup only together with a passphrase: whoever finds the file could read all secrets"
    )]
    KeyNeedsPassphrase,
    /// Decisions in it are not what its audit chain says.
    #[error(
        "this backup holds what nobody decided ({problem}); it was written from a database that was changed from outside: use an older one"
    )]
    Audit {
        /// The first thing that is wrong.
        problem: String,
    },
    /// Something inside.
    #[error("the backup could not be made or restored")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}
