//! All tables at one moment, in one form for both databases: what was written from SQLite can be read into PostgreSQL and
//! the other way round.
//!
//! Lines of JSON: the header, the master key if it is to be included, each table (its name and columns, then its rows as
//! arrays), and the manifest, which counts and hashes all of that and is sealed with the data key. Encrypted values stay
//! as they are in the database. Compression and encryption of the file are somebody else's business.
//!
//! Sessions, the setup token and the outbox are left out: who restores logs in again, and starts every process anew.

mod read;
mod restore;
mod tables;
mod value;
mod write;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{error::StoreError, seal::SealedAt};

pub use read::Input;
pub use restore::Restoring;
pub use write::write;

/// Name of the format, in the header.
const FORMAT: &str = "mcpbox-backup";
/// Version of the format that is written, and the newest that is read.
const FORMAT_VERSION: u32 = 1;

/// What stands first in a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Always `mcpbox-backup`.
    pub format: String,
    /// Version of the format.
    pub format_version: u32,
    /// This backup.
    pub id: Uuid,
    /// The moment it shows.
    pub created_at: DateTime<Utc>,
    /// Version of the program that wrote it.
    pub program: String,
    /// The migrations its schema has, oldest first.
    pub migrations: Vec<String>,
    /// Whether the master key follows.
    pub has_key: bool,
}

/// What stands last: what must have been read until here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Each table, in the order it was written.
    pub tables: Vec<TableManifest>,
    /// SHA-256 of every line before this one, in hexadecimal digits.
    pub sha256: String,
    /// That hash, sealed with the data key: only who has the master key can have written it.
    seal: String,
}

/// What there is of one table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableManifest {
    /// Its name.
    pub name: String,
    /// How many rows.
    pub rows: u64,
    /// SHA-256 of the lines of its rows, in hexadecimal digits.
    pub sha256: String,
}

impl Manifest {
    /// Rows of all tables.
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }
}

/// One line of a backup that is not a row.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Header(Header),
    Key(String),
    Table { name: String, columns: Vec<(String, value::Kind)> },
    Manifest(Manifest),
}

/// Why a backup cannot be written or restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file cannot be written.
    #[error("the backup cannot be written; check the free space and the permissions of its directory")]
    Write(#[source] std::io::Error),
    /// The file cannot be read, or is not what its end says.
    #[error("the backup cannot be read at line {line} ({reason}); it is damaged or was cut off: use another one")]
    Damaged {
        /// Where.
        line: u64,
        /// What is wrong there.
        reason: String,
    },
    /// Another sort of file.
    #[error("this is not a backup of MCPbox; `mcpbox backup FILE` writes one, and `mcpbox import` reads exports")]
    NotABackup,
    /// Of a newer program.
    #[error(
        "this backup was written by MCPbox {program}, which is newer than this one; restore it with that version or a newer one"
    )]
    Newer {
        /// The version that wrote it.
        program: String,
    },
    /// There is something where it was to be restored.
    #[error("the database {location} is not empty; name another one, or say --replace to put the backup in its place")]
    NotEmpty {
        /// Which.
        location: String,
    },
    /// The rows are whole, but not the ones that were written.
    #[error("the backup was changed after it was written: its seal does not fit; use another one")]
    Forged,
}

fn seal_place(id: &Uuid) -> SealedAt<'_> {
    SealedAt { table: "backup", column: "manifest", row: id }
}
