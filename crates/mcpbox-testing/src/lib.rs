//! For tests only: a database of its own for every test, a SQLite file in a temporary directory or a schema in the PostgreSQL
//! server that `MCPBOX_TEST_POSTGRES_URL` names (`scripts/postgres` starts one). Panics where a test would.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail by panicking")]

use std::{path::PathBuf, sync::Once};

use argon2::{Algorithm, Argon2, Params, password_hash::PasswordHasher};
use chrono::{DateTime, Utc};
use mcpbox_core::{
    ids::{ServerId, UserId},
    user::{Role, User},
};
use mcpbox_store::{Keyring, Location, Store, StoreError, users};
use sea_orm::{ConnectionTrait, Database as Raw, DbBackend, DbErr, Statement};
use secrecy::SecretString;
use tempfile::TempDir;

const POSTGRES_URL: &str = "MCPBOX_TEST_POSTGRES_URL";
/// Which database suites use that test on one at a time: `sqlite` (default) or `postgres`.
const KIND: &str = "MCPBOX_TEST_DATABASE";

/// An empty database.
pub struct Database {
    /// Where the store finds it.
    pub location: Location,
    /// For key files and copies; goes with the test.
    pub directory: TempDir,
    schema: Option<Schema>,
}

/// Runs `body` once on each database.
pub fn on_both(body: impl AsyncFn(&Database)) {
    on_sqlite(&body);
    match std::env::var(POSTGRES_URL) {
        Ok(url) => run(&Database::postgres(url), &body),
        Err(_) => skip_postgres(),
    }
}

/// Runs `body` on SQLite, for what is about its file.
pub fn on_sqlite(body: impl AsyncFn(&Database)) {
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
    /// On the database that this run of the suite is for.
    pub fn of_this_run() -> Self {
        match std::env::var(KIND).as_deref() {
            Ok("postgres") => Self::postgres(std::env::var(POSTGRES_URL).unwrap()),
            Ok("sqlite") | Err(_) => Self::sqlite(),
            Ok(other) => panic!("{KIND} is {other}; it can be sqlite or postgres"),
        }
    }

    /// Another one on the same PostgreSQL server, which has nothing to do with this one; none on SQLite.
    pub fn neighbour(&self) -> Option<Self> {
        self.schema.as_ref().map(|schema| Self::postgres(schema.url.clone()))
    }

    fn sqlite() -> Self {
        let directory = TempDir::new().unwrap();
        Self { location: Location::Sqlite(directory.path().join("mcpbox.db")), directory, schema: None }
    }

    fn postgres(url: String) -> Self {
        let name = format!("test_{}", ServerId::generate().0.simple());
        let schema = Schema { url: url.clone(), name: name.clone() };
        schema.execute(format!("CREATE SCHEMA {name}")).unwrap();
        let separator = if url.contains('?') { '&' } else { '?' };
        let url = format!("{url}{separator}options[search_path]={name}");
        Self { location: Location::Postgres(url), directory: TempDir::new().unwrap(), schema: Some(schema) }
    }

    /// The store, with the key that all tests use.
    pub async fn store(&self) -> Store {
        self.open(keyring('a')).await.unwrap()
    }

    /// The store, with another key.
    pub async fn open(&self, keyring: Keyring) -> Result<Store, StoreError> {
        Store::open(&self.location, keyring).await
    }

    /// The SQLite file.
    pub fn file(&self) -> PathBuf {
        self.directory.path().join("mcpbox.db")
    }

    /// Makes the SQLite file before the store does.
    pub fn make_file(&self) {
        std::fs::write(self.file(), "").unwrap();
    }

    /// Does behind the store's back what an intruder with database access would do; gives the affected rows.
    pub async fn tamper(&self, sql: &str) -> u64 {
        let connection = self.raw().await;
        let result = connection.execute_unprepared(sql).await.unwrap();
        connection.close().await.unwrap();
        result.rows_affected()
    }

    /// The one text that a query gives.
    pub async fn text(&self, sql: &str) -> String {
        let connection = self.raw().await;
        let statement = Statement::from_string(connection.get_database_backend(), sql);
        let row = connection.query_one_raw(statement).await.unwrap().unwrap();
        connection.close().await.unwrap();
        row.try_get_by_index(0).unwrap()
    }

    /// Which database this is.
    pub fn backend(&self) -> DbBackend {
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

/// An admin whose password is cheap to check; how cheap stands in its hash.
pub async fn add_admin(store: &Store, username: &str, password: &str, now: DateTime<Utc>) {
    add_user(store, (username, password), Role::Admin, now).await;
}

/// An account of this role whose password is cheap to check.
pub async fn add_user(store: &Store, (username, password): (&str, &str), role: Role, now: DateTime<Utc>) -> UserId {
    let cheap = Argon2::new(Algorithm::Argon2id, argon2::Version::V0x13, Params::new(8, 1, 1, None).unwrap());
    let password_hash = Some(cheap.hash_password(password.as_bytes()).unwrap().to_string());
    let (id, username, is_disabled) = (UserId::generate(), username.to_owned(), false);
    let user = User { id, username, password_hash, role, is_disabled, created_at: now, password_changed_at: now };
    let tx = store.begin().await.unwrap();
    users::insert(&tx, &user).await.unwrap();
    tx.commit().await.unwrap();
    id
}

/// A key of 64 times this hex digit.
pub fn keyring(digit: char) -> Keyring {
    Keyring::from_hex(&SecretString::from(digit.to_string().repeat(64)), "the test").unwrap()
}

/// Dropped with the test, failed or not.
struct Schema {
    url: String,
    name: String,
}

impl Schema {
    /// Runs on a thread with a runtime of its own, so that it works inside and outside of one.
    fn execute(&self, sql: String) -> Result<(), DbErr> {
        let url = self.url.clone();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let connection = Raw::connect(url).await?;
                connection.execute_unprepared(&sql).await?;
                connection.close().await
            })
        });
        thread.join().unwrap()
    }
}

impl Drop for Schema {
    /// A transaction that the test left open may hold the schema: then it stays until the whole cluster goes.
    fn drop(&mut self) {
        let _kept = self.execute(format!("SET lock_timeout = '2s'; DROP SCHEMA {} CASCADE", self.name));
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        drop(self.schema.take());
    }
}
