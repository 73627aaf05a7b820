//! The store itself: connections to read, transactions to write. One writer at a time, on both databases, so that what
//! a transaction has read still holds when it writes.

use std::sync::Arc;

use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseConnection, DatabaseExecutor, DatabaseTransaction, DbBackend, IsolationLevel,
    SqliteTransactionMode, TransactionOptions, TransactionTrait,
};

use crate::{
    error::StoreError,
    keyring::Keyring,
    meter::Meter,
    open::{self, Location},
    seal::Sealer,
};

/// Takes the writers' turn until the transaction ends; one turn a schema.
pub(crate) const WRITER_TURN: &str =
    "SELECT pg_advisory_xact_lock(hashtextextended('mcpbox.writer.' || current_schema(), 0))";

/// An open database. Cheap to clone.
#[derive(Clone)]
pub struct Store(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) writer: DatabaseConnection,
    pub(crate) reader: DatabaseConnection,
    pub(crate) sealer: Sealer,
    pub(crate) meter: Meter,
}

impl Store {
    /// Opens the database, makes it if it is new, and migrates it (an existing SQLite file is copied first, beside it).
    ///
    /// # Errors
    /// [`StoreError::Open`], [`StoreError::WrongKey`], [`StoreError::NewerSchema`], [`StoreError::Migrate`].
    pub async fn open(location: &Location, keyring: Keyring) -> Result<Self, StoreError> {
        open::open(location, &keyring).await.map(|inner| Self(Arc::new(inner)))
    }

    /// Begins a write transaction. Writers take turns, so keep it short and do nothing else in it. Dropping it undoes it.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when the turn did not come in time.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        let tx = self.begin_log().await?;
        if tx.inner.get_database_backend() == DbBackend::Postgres {
            tx.inner.execute_unprepared(WRITER_TURN).await?;
        }
        Ok(tx)
    }

    /// Begins a transaction that only appends to or trims the call log: on PostgreSQL it does not wait for other writers.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when SQLite's one writer was not free in time.
    pub async fn begin_log(&self) -> Result<Tx, StoreError> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let inner = self.0.writer.begin_with_options(options).await?;
        Ok(Tx { inner, store: self.0.clone() })
    }

    /// Connections to read with. Each function sees what is committed when it runs.
    pub fn reader(&self) -> Reader {
        Reader(self.0.clone())
    }

    /// One moment to read from: all reads through it see the same state. Drop it soon.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn moment(&self) -> Result<Moment, StoreError> {
        Ok(Moment { inner: begin_read(&self.0.reader).await?, store: self.0.clone() })
    }

    /// Moves what stands in SQLite's log into its file; nothing to do on PostgreSQL.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub async fn checkpoint(&self) -> Result<(), StoreError> {
        if self.0.writer.get_database_backend() == DbBackend::Sqlite {
            self.0.writer.execute_unprepared("PRAGMA wal_checkpoint(TRUNCATE)").await?;
        }
        Ok(())
    }

    /// Closes all connections, waiting for those in use.
    pub async fn close(&self) {
        for connection in [&self.0.reader, &self.0.writer] {
            if let Err(error) = connection.close_by_ref().await {
                tracing::warn!(error = %error, "a database connection did not close cleanly");
            }
        }
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("backend", &self.0.writer.get_database_backend()).finish_non_exhaustive()
    }
}

/// A write transaction.
pub struct Tx {
    pub(crate) inner: DatabaseTransaction,
    store: Arc<Inner>,
}

impl Tx {
    /// A transaction that was begun on this store before it was whole.
    pub(crate) fn of(inner: DatabaseTransaction, store: &Store) -> Self {
        Self { inner, store: store.0.clone() }
    }

    /// Makes all writes durable.
    ///
    /// # Errors
    /// When the database cannot; nothing was written then.
    pub async fn commit(self) -> Result<(), StoreError> {
        Ok(self.inner.commit().await?)
    }

    /// Undoes all writes, and waits until that is done (dropping undoes them too, a little later).
    ///
    /// # Errors
    /// When the connection is lost; the database undoes the writes by itself then.
    pub async fn rollback(self) -> Result<(), StoreError> {
        Ok(self.inner.rollback().await?)
    }
}

impl std::fmt::Debug for Tx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tx")
    }
}

/// Connections to read with. Cheap to clone.
#[derive(Clone)]
pub struct Reader(Arc<Inner>);

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Reader")
    }
}

/// A read transaction: everything as it was at one moment.
pub struct Moment {
    inner: DatabaseTransaction,
    store: Arc<Inner>,
}

impl std::fmt::Debug for Moment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Moment")
    }
}

/// What can be read from: a [`Reader`], a [`Moment`], or a [`Tx`], which sees its own writes.
pub trait Connection: sealed::Connection {}

impl Connection for Reader {}
impl Connection for Moment {}
impl Connection for Tx {}

/// Reads that all see the same moment: a transaction as it is, or a read transaction of its own.
pub(crate) async fn at_one_moment(connection: &impl Connection) -> Result<DatabaseExecutor<'_>, StoreError> {
    match connection.executor() {
        DatabaseExecutor::Connection(reader) => Ok(DatabaseExecutor::OwnedTransaction(begin_read(reader).await?)),
        transaction => Ok(transaction),
    }
}

/// A read transaction that sees one moment.
async fn begin_read(reader: &DatabaseConnection) -> Result<DatabaseTransaction, StoreError> {
    let is_postgres = reader.get_database_backend() == DbBackend::Postgres;
    // A transaction of SQLite sees one moment anyway, and takes no isolation level.
    let options = TransactionOptions {
        isolation_level: is_postgres.then_some(IsolationLevel::RepeatableRead),
        access_mode: is_postgres.then_some(AccessMode::ReadOnly),
        ..TransactionOptions::default()
    };
    Ok(reader.begin_with_options(options).await?)
}

pub(crate) mod sealed {
    use super::{DatabaseExecutor, Moment, Reader, Sealer, Tx};

    /// The part of a connection that stays in this crate.
    pub trait Connection: Send + Sync {
        /// What runs statements.
        fn executor(&self) -> DatabaseExecutor<'_>;
        /// What opens encrypted values.
        fn sealer(&self) -> &Sealer;
    }

    impl Connection for Reader {
        fn executor(&self) -> DatabaseExecutor<'_> {
            DatabaseExecutor::Connection(&self.0.reader)
        }

        fn sealer(&self) -> &Sealer {
            &self.0.sealer
        }
    }

    impl Connection for Moment {
        fn executor(&self) -> DatabaseExecutor<'_> {
            DatabaseExecutor::Transaction(&self.inner)
        }

        fn sealer(&self) -> &Sealer {
            &self.store.sealer
        }
    }

    impl Connection for Tx {
        fn executor(&self) -> DatabaseExecutor<'_> {
            DatabaseExecutor::Transaction(&self.inner)
        }

        fn sealer(&self) -> &Sealer {
            &self.store.sealer
        }
    }
}
