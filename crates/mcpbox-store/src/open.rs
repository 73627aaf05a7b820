//! Opening a database: connection settings, the lock and the safety copy around migrations, and the keys.

use std::{
    fs, io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
    sqlx::{
        self, Connection as _,
        sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous},
    },
};

use crate::{
    error::StoreError,
    keyring::Keyring,
    keys,
    meter::Meter,
    migration,
    store::{Inner, WRITER_TURN},
};

/// Longest wait for a connection, a lock or, on PostgreSQL, a statement.
const WAIT_LIMIT: Duration = Duration::from_secs(30);
/// A connection to PostgreSQL that was idle so long is tried before it is used.
const IDLE_BEFORE_PING: Duration = Duration::from_secs(10);
/// Connections that read at the same time.
const READERS: u32 = 4;
/// Connections to PostgreSQL, of this process.
const POSTGRES_CONNECTIONS: u32 = 16;

/// Where the database is.
#[derive(Clone, PartialEq, Eq)]
pub enum Location {
    /// A SQLite file.
    Sqlite(PathBuf),
    /// A PostgreSQL URL, `postgres://user:password@host/database`.
    Postgres(String),
}

impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(path) => path.display().fmt(f),
            // The user part may hold a password, the query may hold files and options.
            Self::Postgres(url) => {
                let shown = url.split_once("://").map_or("", |(_, rest)| rest).split('?').next().unwrap_or_default();
                write!(f, "postgres://{}", shown.rsplit_once('@').map_or(shown, |(_, host)| host))
            }
        }
    }
}

impl std::fmt::Debug for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

/// Connects, migrates and opens the keys.
pub(crate) async fn open(location: &Location, keyring: &Keyring) -> Result<Inner, StoreError> {
    let _turn = turn_to_open(location).await?;
    let (writer, reader) = connections(location).await?;
    let tx = begin_alone(&writer).await?;
    migration::apply(&tx).await?;
    let sealer = keys::open(&tx, keyring).await?;
    tx.commit().await?;
    let (mut writer, mut reader, meter) = (writer, reader, Meter::new());
    meter.watch(&mut writer);
    meter.watch(&mut reader);
    Ok(Inner { writer, reader, sealer, meter })
}

/// Waits until no other process opens a SQLite database in the same directory, and keeps others waiting until it is dropped. Without it,
/// who comes second to a new file is refused at once while the first makes the write-ahead log (SQLite does not wait there), and takes
/// for the copy of before what the first has already migrated. On PostgreSQL [`begin_alone`] is enough. Network file systems that lock no
/// directories are taken as they are: the server locks a file in its data directory besides.
async fn turn_to_open(location: &Location) -> Result<Option<fs::File>, StoreError> {
    let Location::Sqlite(path) = location else { return Ok(None) };
    let directory = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let failed = |source| StoreError::File { path: path.to_owned(), source };
    let opened = fs::File::open(directory).map_err(failed)?;
    match opened.try_lock() {
        Ok(()) => return Ok(Some(opened)),
        Err(fs::TryLockError::WouldBlock) => tracing::info!("waiting for another process that opens the database"),
        Err(fs::TryLockError::Error(error)) => {
            tracing::debug!(%error, "the directory of the database cannot be locked");
            return Ok(None);
        }
    }
    let locked = tokio::task::spawn_blocking(move || opened.lock().map(|()| opened)).await;
    locked.map_err(io::Error::other).flatten().map(Some).map_err(failed)
}

/// Connects: the writer and the readers.
pub(crate) async fn connections(location: &Location) -> Result<(DatabaseConnection, DatabaseConnection), StoreError> {
    match location {
        Location::Sqlite(path) => open_sqlite(location, path).await,
        Location::Postgres(url) => {
            let pool = connect(location, postgres_options(url)).await?;
            Ok((pool.clone(), pool))
        }
    }
}

/// Begins a transaction that may take its time, and that no other writer comes between.
pub(crate) async fn begin_alone(writer: &DatabaseConnection) -> Result<DatabaseTransaction, StoreError> {
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    let tx = writer.begin_with_options(options).await?;
    if tx.get_database_backend() == DbBackend::Postgres {
        // A migration of a large table may take its time.
        tx.execute_unprepared("SET LOCAL statement_timeout = 0").await?;
        tx.execute_unprepared(WRITER_TURN).await?;
    }
    Ok(tx)
}

async fn open_sqlite(location: &Location, path: &Path) -> Result<(DatabaseConnection, DatabaseConnection), StoreError> {
    let is_new = create_private(path).map_err(|source| StoreError::File { path: path.to_owned(), source })?;
    let writer = connect(location, sqlite_options(path, 1, false)).await?;
    if !is_new {
        copy_before_migration(&writer, path).await?;
    }
    let reader = connect(location, sqlite_options(path, READERS, true)).await?;
    Ok((writer, reader))
}

/// Makes the file with mode 0600 (its log files inherit it); says whether it was new.
fn create_private(path: &Path) -> io::Result<bool> {
    match fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(fs::metadata(path)?.len() == 0),
        Err(error) => Err(error),
    }
}

/// Copies the database beside itself when there is something to migrate. The copy replaces an older one of the same
/// step only once it is complete.
async fn copy_before_migration(writer: &DatabaseConnection, path: &Path) -> Result<(), StoreError> {
    let Some(step) = migration::first_pending(writer).await? else { return Ok(()) };
    let copy = with_suffix(path, &format!(".before-{step}"));
    let draft = with_suffix(&copy, ".part");
    let failed = |source| StoreError::File { path: copy.clone(), source };
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    create_private(&draft).map_err(failed)?;
    let quoted = draft.display().to_string().replace('\'', "''");
    writer.execute_unprepared(&format!("VACUUM INTO '{quoted}'")).await.map_err(StoreError::Migrate)?;
    fs::File::open(&draft).and_then(|file| file.sync_all()).map_err(failed)?;
    fs::rename(&draft, &copy).map_err(failed)?;
    tracing::info!(copy = %copy.display(), "copied the database before migrating it");
    Ok(())
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

async fn connect(location: &Location, options: ConnectOptions) -> Result<DatabaseConnection, StoreError> {
    Database::connect(options).await.map_err(|source| StoreError::Open { location: location.to_string(), source })
}

/// Whether a database that is there waits for migrations of this program. Changes nothing.
///
/// # Errors
/// [`StoreError::Open`], [`StoreError::NewerSchema`].
pub async fn has_pending(location: &Location) -> Result<bool, StoreError> {
    let options = match location {
        Location::Sqlite(path) => sqlite_options(path, 1, true),
        Location::Postgres(url) => postgres_options(url),
    };
    let connection = connect(location, options).await?;
    let pending = migration::first_pending(&connection).await;
    connection.close().await?;
    Ok(pending?.is_some())
}

/// How many connections other processes of MCPbox have to this PostgreSQL database; 0 for SQLite, whose data directory is
/// locked by who uses it.
///
/// # Errors
/// [`StoreError::Open`].
pub async fn others_connected(location: &Location) -> Result<u64, StoreError> {
    let Location::Postgres(url) = location else { return Ok(0) };
    let mut options = postgres_options(url);
    options.max_connections(1);
    let connection = connect(location, options).await?;
    let count = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'mcpbox' \
                 AND datname = current_database() AND pid <> pg_backend_pid()";
    let row = connection.query_one_raw(Statement::from_string(DbBackend::Postgres, count)).await?;
    let others: i64 = row.map_or(Ok(0), |row| row.try_get_by_index(0))?;
    connection.close().await?;
    Ok(others.unsigned_abs())
}

fn sqlite_options(path: &Path, connections: u32, read_only: bool) -> ConnectOptions {
    let path = path.to_owned();
    let mut options = ConnectOptions::new("sqlite://");
    options
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(WAIT_LIMIT)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(move |_| sqlite_file(&path, read_only))
        .map_sqlx_sqlite_pool_opts(|pool| pool.before_acquire(|connection, _| Box::pin(is_usable(connection))));
    options
}

/// Whether a connection is where a transaction can begin. SQLite undoes a transaction by itself when the disk is full; the driver
/// does not learn of that and refuses every transaction from then on, so such a connection is closed and another opened.
fn is_usable(connection: &SqliteConnection) -> impl Future<Output = Result<bool, sqlx::Error>> + use<> {
    std::future::ready(Ok(!connection.is_in_transaction()))
}

fn sqlite_file(path: &Path, read_only: bool) -> SqliteConnectOptions {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(false)
        .journal_mode(SqliteJournalMode::Wal)
        // An acknowledged write survives a power cut, not only a crash.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(WAIT_LIMIT)
        .pragma("trusted_schema", "OFF");
    if read_only { options.pragma("query_only", "ON") } else { options }
}

fn postgres_options(url: &str) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(POSTGRES_CONNECTIONS)
        .connect_timeout(WAIT_LIMIT)
        .acquire_timeout(WAIT_LIMIT)
        .statement_timeout(WAIT_LIMIT)
        .test_before_acquire_if_idle_for(IDLE_BEFORE_PING)
        .set_application_name("mcpbox")
        .sqlx_logging(false);
    options
}

#[cfg(test)]
mod tests {
    use sea_orm::Statement;

    use super::*;

    #[tokio::test]
    async fn sqlite_is_durable_and_its_readers_cannot_write() {
        let directory = tempfile::TempDir::new().unwrap();
        let location = Location::Sqlite(directory.path().join("mcpbox.db"));
        let inner = open(&location, &Keyring::generate().unwrap()).await.unwrap();
        let pragma = async |connection: &DatabaseConnection, name: &str| {
            let statement = Statement::from_string(DbBackend::Sqlite, format!("PRAGMA {name}"));
            let row = connection.query_one_raw(statement).await.unwrap().unwrap();
            row.try_get_by_index::<i64>(0)
                .map_or_else(|_| row.try_get_by_index(0).unwrap(), |number| number.to_string())
        };
        let expected =
            [("journal_mode", "wal"), ("synchronous", "2"), ("foreign_keys", "1"), ("busy_timeout", "30000")];
        for (name, value) in expected {
            assert_eq!(pragma(&inner.writer, name).await, value, "{name}");
        }
        assert_eq!(pragma(&inner.reader, "query_only").await, "1");
        inner.reader.execute_unprepared("DELETE FROM data_keys").await.unwrap_err();
    }

    #[tokio::test]
    async fn after_a_full_disk_there_is_a_connection_that_can_write() {
        let directory = tempfile::TempDir::new().unwrap();
        let location = Location::Sqlite(directory.path().join("mcpbox.db"));
        let store = crate::Store::open(&location, Keyring::generate().unwrap()).await.unwrap();
        // As full as a disk can be made without one: of this connection alone, so the next has room.
        store.0.writer.execute_unprepared("PRAGMA max_page_count = 1").await.unwrap();
        let tx = store.begin().await.unwrap();
        let large = "INSERT INTO outbox (kind, payload, created_at) VALUES ('x', hex(zeroblob(500000)), '2026-01-01')";
        let error: StoreError = tx.inner.execute_unprepared(large).await.unwrap_err().into();
        assert!(matches!(error, StoreError::Full(_)), "{error:?}");
        drop(tx);
        let tx = store.begin().await.unwrap();
        tx.inner.execute_unprepared(large).await.unwrap();
        tx.commit().await.unwrap();
    }
}
