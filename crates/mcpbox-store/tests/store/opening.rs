//! Opening: a new database, one that is there, one of a newer program, one that is not.

use std::{fs, os::unix::fs::PermissionsExt};

use mcpbox_store::{Location, Store, StoreError, servers};
use sea_orm::DbBackend;

use crate::{
    database::{keyring, on_both, on_sqlite},
    making,
};

#[test]
fn a_new_database_is_migrated_and_opening_it_again_changes_nothing() {
    on_both(async |database| {
        let store = database.store().await;
        let (server, ..) = making::written(&store, "weather").await;
        store.close().await;
        let columns = match database.backend() {
            DbBackend::Sqlite => "SELECT group_concat(sql, ' ') FROM sqlite_master",
            _ => {
                "SELECT string_agg(concat_ws(' ', table_name, column_name, data_type, is_nullable), ', ' ORDER BY \
                 table_name, ordinal_position) FROM information_schema.columns WHERE table_schema = current_schema()"
            }
        };
        let schema = database.text(columns).await;
        assert!(schema.contains("audit_head"), "{schema}");
        let store = database.store().await;
        assert_eq!(servers::by_id(&store.reader(), server.id).await.unwrap(), Some(server));
        store.close().await;
        assert_eq!(database.text(columns).await, schema);
        assert_eq!(fs::read_dir(database.directory.path()).unwrap().filter(is_copy).count(), 0);
    });
}

fn is_copy(entry: &std::io::Result<fs::DirEntry>) -> bool {
    entry.as_ref().unwrap().file_name().to_string_lossy().contains(".before-")
}

#[test]
fn processes_that_open_a_new_database_at_once_all_succeed() {
    on_both(async |database| {
        let open = || database.open(keyring('a'));
        let stores = tokio::join!(open(), open(), open(), open());
        let stores = [stores.0.unwrap(), stores.1.unwrap(), stores.2.unwrap(), stores.3.unwrap()];
        for (number, store) in stores.iter().enumerate() {
            making::written(store, &format!("server{number}")).await;
        }
        assert_eq!(servers::count(&stores[0].reader()).await.unwrap(), 4);
        let keys = match database.backend() {
            DbBackend::Sqlite => "SELECT CAST(count(*) AS TEXT) FROM data_keys",
            _ => "SELECT count(*)::text FROM data_keys",
        };
        assert_eq!(database.text(keys).await, "1");
    });
}

#[test]
fn processes_that_migrate_at_once_keep_the_copy_of_before() {
    on_sqlite(async |database| {
        database.make_file();
        database.tamper("CREATE TABLE notes (note TEXT)").await;
        let open = || database.open(keyring('a'));
        let stores = tokio::join!(open(), open(), open(), open());
        for store in [stores.0, stores.1, stores.2, stores.3] {
            store.unwrap().close().await;
        }
        for name in ["mcpbox.db", "mcpbox.db-wal", "mcpbox.db-shm"] {
            let _absent = fs::remove_file(database.directory.path().join(name));
        }
        fs::copy(database.directory.path().join("mcpbox.db.before-m0001_initial"), database.file()).unwrap();
        assert_eq!(database.text("SELECT group_concat(name) FROM sqlite_master").await, "notes");
    });
}

#[test]
fn a_database_of_a_newer_program_is_refused() {
    on_both(async |database| {
        database.store().await.close().await;
        database.tamper("INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_future', 0)").await;
        let refused = database.open(keyring('a')).await.unwrap_err();
        assert!(matches!(refused, StoreError::NewerSchema), "{refused:?}");
    });
}

#[test]
fn a_failed_migration_leaves_the_database_and_a_copy_of_it() {
    on_both(async |database| {
        // A table of another program stands where the migration wants to put its own.
        database.make_file();
        database.tamper("CREATE TABLE secrets (note TEXT)").await;
        database.tamper("INSERT INTO secrets VALUES ('keep me')").await;
        let refused = database.open(keyring('a')).await.unwrap_err();
        assert!(matches!(refused, StoreError::Migrate(_)), "{refused:?}");
        assert_eq!(database.text("SELECT note FROM secrets").await, "keep me");
        let tables = match database.backend() {
            DbBackend::Sqlite => "SELECT group_concat(name) FROM sqlite_master WHERE type = 'table'",
            _ => "SELECT string_agg(tablename, ',') FROM pg_tables WHERE schemaname = current_schema()",
        };
        assert_eq!(database.text(tables).await, "secrets");
    });
}

#[test]
fn an_existing_file_is_copied_before_it_is_migrated() {
    on_sqlite(async |database| {
        database.make_file();
        database.tamper("CREATE TABLE notes (note TEXT)").await;
        database.tamper("INSERT INTO notes VALUES ('from before')").await;
        for _ in 0..2 {
            database.store().await.close().await;
            database.tamper("CREATE TABLE applied AS SELECT * FROM seaql_migrations").await;
            database.tamper("DELETE FROM seaql_migrations").await;
            let again = database.open(keyring('a')).await.unwrap_err();
            assert!(matches!(again, StoreError::Migrate(_)), "{again:?}");
            database.tamper("INSERT INTO seaql_migrations SELECT * FROM applied").await;
            database.tamper("DROP TABLE applied").await;
        }
        let copies: Vec<_> = fs::read_dir(database.directory.path()).unwrap().filter(is_copy).collect();
        assert_eq!(copies.len(), 1, "{copies:?}");
        let copy = copies[0].as_ref().unwrap();
        assert_eq!(copy.file_name(), "mcpbox.db.before-m0001_initial");
        assert_eq!(copy.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        // With its log, which a connection of the last refusal may not have cleared yet, and which belongs to the old file.
        for name in ["mcpbox.db", "mcpbox.db-wal", "mcpbox.db-shm"] {
            let _absent = fs::remove_file(database.directory.path().join(name));
        }
        fs::copy(copy.path(), database.file()).unwrap();
        assert_eq!(database.text("SELECT note FROM notes").await, "from before");
    });
}

#[test]
fn the_file_of_a_new_database_is_private() {
    on_sqlite(async |database| {
        let store = database.store().await;
        making::written(&store, "weather").await;
        for name in ["mcpbox.db", "mcpbox.db-wal", "mcpbox.db-shm"] {
            let mode = fs::metadata(database.directory.path().join(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
    });
}

#[test]
fn a_place_that_cannot_be_opened_is_named_without_its_password() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let directory = tempfile::TempDir::new().unwrap();
        let missing = directory.path().join("missing").join("mcpbox.db");
        let refused = Store::open(&Location::Sqlite(missing.clone()), keyring('a')).await.unwrap_err();
        assert!(refused.to_string().contains(missing.to_str().unwrap()), "{refused}");

        let location = Location::Postgres("postgres://box:hunter2@127.0.0.1:1/mcpbox?host=/missing".into());
        let refused = Store::open(&location, keyring('a')).await.unwrap_err();
        let shown = format!("{refused} {refused:?} {location:?}");
        assert!(refused.to_string().contains("postgres://127.0.0.1:1/mcpbox"), "{shown}");
        assert!(!shown.contains("hunter2"), "{shown}");
    });
}

#[test]
fn what_is_not_a_database_is_refused_and_left_alone() {
    on_sqlite(async |database| {
        let text = "this is a letter, not a database. ".repeat(200);
        fs::write(database.file(), &text).unwrap();
        assert!(database.open(keyring('a')).await.is_err());
        assert_eq!(fs::read_to_string(database.file()).unwrap(), text);
    });
}
