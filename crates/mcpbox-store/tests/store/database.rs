//! A database of its own for every test: a SQLite file in a temporary directory, and a schema in the PostgreSQL server
//! that `MCPBOX_TEST_POSTGRES_URL` names (`scripts/postgres` starts one).

use std::{path::PathBuf, sync::Once};

use mcpbox_core::ids::ServerId;
use mcpbox_store::{Keyring, Location, Store, StoreError};
use sea_orm::{ConnectionTrait, Database as Raw, DbBackend, Statement};
use secrecy::SecretString;
use tempfile::TempDir;

const POSTGRES_URL: &str = "MCPBOX_TEST_POSTGRES_URL";

/// An empty database.
pub(crate) struct Database {
    pub(crate) location: Location,
    /// For key files and copies; goes with the test.
    pub(crate) directory: TempDir,
    schema: Option<Schema>,
}

/// Runs `body` once on each database.
pub(crate) fn on_both(body: impl AsyncFn(&Database)) {
    on_sqlite(&body);
    match std::env::var(POSTGRES_URL) {
        Ok(url) => run(&Database::postgres(url), &body),
        Err(_) => skip_postgres(),
    }
}

/// Runs `body` on SQLite, for what is about its file.
pub(crate) fn on_sqlite(body: impl AsyncFn(&Database)) {
    run(&Database::sqlite(), body);
}

fn run(database: &Database, body: impl AsyncFn(&Database)) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(body(database));
}

fn skip_postgres() {
    static SAID: Once = Once::new();
    assert!(std::env::var_os("CI").is_none(), "CI tests both databases: set {POSTGRES_URL}, see scripts/postgres");
    SAID.call_once(|| eprintln!("not tested on PostgreSQL: {POSTGRES_URL} is not set, see scripts/postgres"));
}

impl Database {
    fn sqlite() -> Self {
        let directory = TempDir::new().unwrap();
        Self { location: Location::Sqlite(directory.path().join("mcpbox.db")), directory, schema: None }
    }

    fn postgres(url: String) -> Self {
        let name = format!("test_{}", ServerId::generate().0.simple());
        let schema = Schema { url: url.clone(), name: name.clone() };
        schema.execute(format!("CREATE SCHEMA {name}"));
        let separator = if url.contains('?') { '&' } else { '?' };
        let url = format!("{url}{separator}options[search_path]={name}");
        Self { location: Location::Postgres(url), directory: TempDir::new().unwrap(), schema: Some(schema) }
    }

    /// The store, with the key that all tests use.
    pub(crate) async fn store(&self) -> Store {
        self.open(keyring('a')).await.unwrap()
    }

    /// The store, with another key.
    pub(crate) async fn open(&self, keyring: Keyring) -> Result<Store, StoreError> {
        Store::open(&self.location, keyring).await
    }

    /// The SQLite file.
    pub(crate) fn file(&self) -> PathBuf {
        self.directory.path().join("mcpbox.db")
    }

    /// Makes the SQLite file before the store does.
    pub(crate) fn make_file(&self) {
        std::fs::write(self.file(), "").unwrap();
    }

    /// Does behind the store's back what an intruder with database access would do; gives the affected rows.
    pub(crate) async fn tamper(&self, sql: &str) -> u64 {
        let connection = self.raw().await;
        let result = connection.execute_unprepared(sql).await.unwrap();
        connection.close().await.unwrap();
        result.rows_affected()
    }

    /// The one text that a query gives.
    pub(crate) async fn text(&self, sql: &str) -> String {
        let connection = self.raw().await;
        let statement = Statement::from_string(connection.get_database_backend(), sql);
        let row = connection.query_one_raw(statement).await.unwrap().unwrap();
        connection.close().await.unwrap();
        row.try_get_by_index(0).unwrap()
    }

    /// Which database this is.
    pub(crate) fn backend(&self) -> DbBackend {
        match self.location {
            Location::Sqlite(_) => DbBackend::Sqlite,
            Location::Postgres(_) => DbBackend::Postgres,
        }
    }

    async fn raw(&self) -> sea_orm::DatabaseConnection {
        let url = match &self.location {
            Location::Sqlite(path) => format!("sqlite://{}", path.display()),
            Location::Postgres(url) => url.clone(),
        };
        Raw::connect(url).await.unwrap()
    }
}

/// A key of 64 times this hex digit.
pub(crate) fn keyring(digit: char) -> Keyring {
    Keyring::from_hex(&SecretString::from(digit.to_string().repeat(64)), "the test").unwrap()
}

/// Dropped with the test, failed or not.
struct Schema {
    url: String,
    name: String,
}

impl Schema {
    /// Runs on a thread with a runtime of its own, so that it works inside and outside of one.
    fn execute(&self, sql: String) {
        let url = self.url.clone();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let connection = Raw::connect(url).await.unwrap();
                connection.execute_unprepared(&sql).await.unwrap();
                connection.close().await.unwrap();
            });
        });
        thread.join().unwrap();
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        self.execute(format!("DROP SCHEMA {} CASCADE", self.name));
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        drop(self.schema.take());
    }
}
