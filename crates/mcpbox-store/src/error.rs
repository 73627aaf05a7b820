//! What can go wrong in the store, in sentences that say what to do next.

use std::path::PathBuf;

use sea_orm::{DbErr, RuntimeErr, SqlErr, sqlx};

use crate::seal::SealError;

/// Why a store function failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A name or number that must be unique is taken.
    #[error("{what} already exists")]
    Conflict {
        /// What is taken, with its article.
        what: &'static str,
    },
    /// A row points at something that is gone.
    #[error("{what} cannot be written, because what it belongs to no longer exists; reload and try again")]
    Missing {
        /// What was to be written, with its article.
        what: &'static str,
    },
    /// A value that the databases cannot keep as it is.
    #[error("{what} contains {problem}")]
    Unstorable {
        /// Which value.
        what: &'static str,
        /// What about it, and how to mend it.
        problem: &'static str,
    },
    /// Another writer held the database too long.
    #[error("the database is busy; try again in a moment")]
    Busy(#[source] DbErr),
    /// The database does not answer.
    #[error("the database cannot be reached; try again in a moment")]
    Away(#[source] DbErr),
    /// There is no room left where the database is.
    #[error("the disk of the database is full; nothing was written, and what was there is whole")]
    Full(#[source] DbErr),
    /// The master key does not fit the database.
    #[error(
        "the encryption key does not belong to this database; start with the key file (or MCPBOX_ENCRYPTION_KEY) that \
         was used before, or restore the backup of the key"
    )]
    WrongKey,
    /// An encrypted value was changed or moved.
    #[error("the encrypted value {place} cannot be opened")]
    Seal {
        /// `table.column of row`.
        place: String,
        /// Why.
        #[source]
        source: SealError,
    },
    /// A row that does not follow the rules of its type.
    #[error("column {column} of table {table} holds something unexpected ({reason}); restore a backup")]
    Corrupt {
        /// Table.
        table: &'static str,
        /// Column.
        column: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The audit chain's end was changed from outside.
    #[error("the end of the audit chain was changed from outside; run `mcpbox audit verify` and restore a backup")]
    AuditHead,
    /// The database cannot be opened.
    #[error("cannot open the database {location}; check that it exists, is reachable and may be written")]
    Open {
        /// File or server, without password.
        location: String,
        /// Why.
        #[source]
        source: DbErr,
    },
    /// A file beside the database cannot be made.
    #[error("cannot write {path}; check the owner, the permissions and the free space of its directory")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A newer MCPbox has migrated this database.
    #[error("this database was written by a newer MCPbox; start that version, or restore a backup from before")]
    NewerSchema,
    /// A migration failed; nothing of it was kept.
    #[error("the database could not be migrated; it was left as it was")]
    Migrate(#[source] DbErr),
    /// Anything else the database says.
    #[error("the database refused an operation")]
    Database(#[source] DbErr),
}

/// SQLite result codes (low byte) and PostgreSQL states that mean "another writer is in the way".
const BUSY_CODES: [&str; 8] = ["5", "6", "261", "517", "40001", "40P01", "55P03", "57014"];

/// SQLite result codes (no room, and no room for the shared memory of its log) and the PostgreSQL state that mean "disk full".
const FULL_CODES: [&str; 3] = ["13", "4874", "53100"];

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        match &error {
            DbErr::ConnectionAcquire(_) => Self::Busy(error),
            _ if is_away(&error) => Self::Away(error),
            _ if has_code(&error, &FULL_CODES) => Self::Full(error),
            _ if has_code(&error, &BUSY_CODES) => Self::Busy(error),
            _ => Self::Database(error),
        }
    }
}

impl StoreError {
    /// Reads a failed write of `what`: taken name, missing owner, or anything else.
    pub(crate) fn of_write(what: &'static str) -> impl FnOnce(DbErr) -> Self {
        move |error| match error.sql_err() {
            Some(SqlErr::UniqueConstraintViolation(_)) => Self::Conflict { what },
            Some(SqlErr::ForeignKeyConstraintViolation(_)) => Self::Missing { what },
            _ => error.into(),
        }
    }
}

/// Whether the connection broke, or the server said that it ends or begins.
fn is_away(error: &DbErr) -> bool {
    match sqlx_error(error) {
        Some(sqlx::Error::Io(_) | sqlx::Error::PoolClosed | sqlx::Error::PoolTimedOut | sqlx::Error::WorkerCrashed) => {
            true
        }
        Some(sqlx::Error::Database(said)) => {
            said.code().is_some_and(|code| code.starts_with("57P") || code.starts_with("08"))
        }
        _ => false,
    }
}

fn has_code(error: &DbErr, codes: &[&str]) -> bool {
    let said = sqlx_error(error).and_then(sqlx::Error::as_database_error);
    said.and_then(|said| said.code()).is_some_and(|code| codes.contains(&code.as_ref()))
}

fn sqlx_error(error: &DbErr) -> Option<&sqlx::Error> {
    match error {
        DbErr::Exec(RuntimeErr::SqlxError(cause))
        | DbErr::Query(RuntimeErr::SqlxError(cause))
        | DbErr::Conn(RuntimeErr::SqlxError(cause)) => Some(cause),
        _ => None,
    }
}
