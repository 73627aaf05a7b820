//! Backups: from each database into each, whole or not at all.

use std::io::Cursor;

use mcpbox_core::{grant::GrantScope, notification::NoticeEvent, paging::PageRequest};
use mcpbox_store::{
    Location, Store, StoreError, audit,
    backup::{self, BackupError, Input, Restoring},
    calls, grants, notifications, reviews, rotate_data_keys, rotate_kek, secrets, servers,
};
use secrecy::{ExposeSecret, SecretString};
use tempfile::TempDir;

use crate::{
    database::{Database, keyring, on_both},
    making,
};

const VALUE: &str = "correct horse battery staple";

async fn written(store: &Store) -> Vec<u8> {
    let mut bytes = Vec::new();
    backup::write(store, Some(&keyring('a')), "0.0.1", making::moment(), &mut bytes).await.unwrap();
    bytes
}

/// Restores into a new SQLite file; gives the store, whose file goes with the directory.
async fn restored(bytes: &[u8], directory: &TempDir, key: char) -> Result<Store, BackupError> {
    restored_to(bytes, &Location::Sqlite(directory.path().join("restored.db")), key, false).await
}

async fn restored_to(bytes: &[u8], location: &Location, key: char, replace: bool) -> Result<Store, BackupError> {
    let mut from = Cursor::new(bytes.to_vec());
    let input = Input::open(&mut from)?;
    let restoring = Restoring::begin(input, location, replace, &keyring(key)).await?;
    Ok(restoring.commit().await?)
}

/// A database with a row of most kinds.
async fn filled(database: &Database) -> Store {
    let store = database.store().await;
    let (server, tool, version) = making::written(&store, "weather").await;
    let review = making::review(&version);
    let tx = store.begin().await.unwrap();
    reviews::insert(&tx, &review).await.unwrap();
    grants::insert(&tx, &making::grant(GrantScope::Tool(tool.id), making::host("api.example.com"))).await.unwrap();
    notifications::note(&tx, NoticeEvent::ReviewWaiting, review.id, making::later(1)).await.unwrap();
    let secret = making::secret(&server, "API_KEY");
    secrets::insert(&tx, &secret).await.unwrap();
    secrets::set_value(&tx, secret.id, &SecretString::from(VALUE), making::later(1)).await.unwrap();
    audit::append(&tx, making::entry("tool:1"), making::later(1)).await.unwrap();
    audit::append(&tx, making::entry("tool:2"), making::later(2)).await.unwrap();
    tx.commit().await.unwrap();
    let runs: Vec<_> = (0..450).map(|_| making::call(&server, &tool, &version)).collect();
    let tx = store.begin_log().await.unwrap();
    calls::insert_many(&tx, &runs).await.unwrap();
    tx.commit().await.unwrap();
    store
}

/// The value of the only secret.
async fn value(store: &Store) -> String {
    let server = servers::list(&store.reader(), PageRequest::new(1, 1)).await.unwrap().items.remove(0);
    let key = secrets::list(&store.reader(), server.id).await.unwrap().remove(0).key;
    let opened = secrets::unseal(&store.reader(), server.id, &[key]).await.unwrap();
    opened[0].1.expose_secret().to_owned()
}

/// All rows of a store, as a backup tells them.
async fn rows(store: &Store) -> Vec<String> {
    let text = String::from_utf8(written(store).await).unwrap();
    text.lines().filter(|line| line.starts_with('[') || line.starts_with("{\"table\"")).map(str::to_owned).collect()
}

#[test]
fn a_backup_goes_from_each_database_into_each() {
    on_both(async |database| {
        let store = filled(database).await;
        let (bytes, before) = (written(&store).await, rows(&store).await);
        let directory = TempDir::new().unwrap();
        let lite = restored(&bytes, &directory, 'a').await.unwrap();
        assert_eq!(rows(&lite).await, before);
        // And back into the database it came from, whatever that is, in place of what is there.
        store.close().await;
        if let Location::Postgres(_) = database.location {
            let full = restored_to(&written(&lite).await, &database.location, 'a', false).await.unwrap_err();
            assert!(matches!(full, BackupError::NotEmpty { .. }), "{full}");
            let back = restored_to(&written(&lite).await, &database.location, 'a', true).await.unwrap();
            assert_eq!(rows(&back).await, before);
            making::written(&back, "after").await;
            back.close().await;
        }
        // What was restored works on: the chain goes on, and secrets open.
        assert_eq!(value(&lite).await, VALUE);
        making::written(&lite, "later").await;
        let tx = lite.begin().await.unwrap();
        audit::append(&tx, making::entry("tool:3"), making::later(3)).await.unwrap();
        tx.commit().await.unwrap();
        assert!(matches!(audit::verify(&lite.reader()).await.unwrap(), audit::ChainCheck::Intact { rows: 3 }));
    });
}

#[test]
fn a_backup_without_its_key_is_refused() {
    on_both(async |database| {
        let bytes = written(&filled(database).await).await;
        let refused = restored(&bytes, &TempDir::new().unwrap(), 'b').await.unwrap_err();
        assert!(matches!(refused, BackupError::Store(StoreError::WrongKey)), "{refused}");
    });
}

#[test]
fn a_backup_that_was_cut_off_or_changed_anywhere_restores_nothing() {
    on_both(async |database| {
        let bytes = written(&filled(database).await).await;
        let directory = TempDir::new().unwrap();
        let target = Location::Sqlite(directory.path().join("restored.db"));
        for part in 0..24 {
            let place = bytes.len() * part / 24;
            let refused = restored_to(&bytes[..place], &target, 'a', false).await;
            assert!(refused.is_err(), "cut off at {place}");
            let mut changed = bytes.clone();
            changed[place] = if changed[place] == b'1' { b'2' } else { b'1' };
            let refused = restored_to(&changed, &target, 'a', false).await;
            assert!(
                refused.is_err(),
                "changed at {place}: {}",
                String::from_utf8_lossy(&bytes[place.saturating_sub(40)..place + 1])
            );
        }
        // Nothing of all that is there: the whole one still finds an empty place.
        restored_to(&bytes, &target, 'a', false).await.unwrap();
    });
}

#[test]
fn a_backup_whose_hashes_were_worked_out_again_misses_the_seal() {
    use sha2::{Digest, Sha256};
    on_both(async |database| {
        let text = String::from_utf8(written(&filled(database).await).await).unwrap();
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let manifest = lines.pop().unwrap();
        let mut manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
        let at = lines.iter().position(|line| line.starts_with("{\"table\":{\"name\":\"servers\"")).unwrap() + 1;
        lines[at] = lines[at].replace("weather", "whether");
        let hash = |lines: &[String]| {
            let all: String = lines.iter().map(|line| format!("{line}\n")).collect();
            hex::encode(Sha256::digest(all))
        };
        let end = lines[at..].iter().position(|line| line.starts_with('{')).unwrap() + at;
        manifest["manifest"]["tables"][0]["sha256"] = hash(&lines[at..end]).into();
        manifest["manifest"]["sha256"] = hash(&lines).into();
        let forged = format!("{}\n{manifest}\n", lines.join("\n"));
        let refused = restored(forged.as_bytes(), &TempDir::new().unwrap(), 'a').await.unwrap_err();
        assert!(matches!(refused, BackupError::Forged), "{refused}");
    });
}

#[test]
fn other_files_and_newer_ones_are_told_from_damaged_ones() {
    on_both(async |database| {
        let text = String::from_utf8(written(&filled(database).await).await).unwrap();
        let directory = TempDir::new().unwrap();
        let newer = text.replacen("\"m0001_initial\"", "\"m0000_unknown\"", 1);
        assert!(matches!(restored(newer.as_bytes(), &directory, 'a').await.unwrap_err(), BackupError::Newer { .. }));
        for other in ["", "{}\n", "hello\n", "{\"format\":\"mcpbox-export\"}\n"] {
            let refused = restored(other.as_bytes(), &directory, 'a').await.unwrap_err();
            assert!(matches!(refused, BackupError::NotABackup), "{other}: {refused}");
        }
    });
}

#[test]
fn new_keys_of_both_kinds_open_every_value_and_the_old_ones_none() {
    on_both(async |database| {
        let store = filled(database).await;
        for _ in 0..2 {
            // The second time stands for a rotation that was interrupted after its commit.
            let tx = store.begin().await.unwrap();
            rotate_kek(&tx, &keyring('a'), &keyring('b')).await.unwrap();
            assert!(rotate_data_keys(&tx, &keyring('b')).await.unwrap() >= 2);
            tx.rollback().await.unwrap();
        }
        let tx = store.begin().await.unwrap();
        rotate_kek(&tx, &keyring('a'), &keyring('b')).await.unwrap();
        rotate_data_keys(&tx, &keyring('b')).await.unwrap();
        tx.commit().await.unwrap();
        store.close().await;
        assert!(matches!(database.open(keyring('a')).await.unwrap_err(), StoreError::WrongKey));
        let store = database.open(keyring('b')).await.unwrap();
        assert!(matches!(audit::verify(&store.reader()).await.unwrap(), audit::ChainCheck::Intact { .. }));
        assert_eq!(value(&store).await, VALUE);
        making::written(&store, "later").await;
    });
}
