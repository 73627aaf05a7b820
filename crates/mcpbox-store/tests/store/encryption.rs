//! Encrypted values: only the right key opens them, only where they were written, and never after a change.

use mcpbox_core::{ids::SecretId, secret::Secret, server::Server};
use mcpbox_store::{SealError, Store, StoreError, rotate_kek, secrets};
use sea_orm::DbBackend;
use secrecy::{ExposeSecret, SecretString};

use crate::{
    database::{Database, keyring, on_both, on_sqlite},
    making,
};

const VALUE: &str = "correct horse battery staple";

async fn with_value(store: &Store, server: &Server, key: &str) -> Secret {
    let secret = making::secret(server, key);
    let tx = store.begin().await.unwrap();
    secrets::insert(&tx, &secret).await.unwrap();
    assert!(secrets::set_value(&tx, secret.id, &SecretString::from(VALUE), making::later(1)).await.unwrap());
    tx.commit().await.unwrap();
    secret
}

async fn unseal(store: &Store, secret: &Secret) -> Result<String, StoreError> {
    let unsealed = secrets::unseal(&store.reader(), secret.server_id, std::slice::from_ref(&secret.key)).await?;
    Ok(unsealed[0].1.expose_secret().to_owned())
}

fn literal(database: &Database, id: SecretId) -> String {
    match database.backend() {
        DbBackend::Sqlite => format!("X'{}'", id.0.simple()),
        _ => format!("'{id}'"),
    }
}

#[test]
fn a_wrong_key_is_refused_in_a_clear_sentence() {
    on_both(async |database| {
        let store = database.store().await;
        let (server, ..) = making::written(&store, "weather").await;
        let secret = with_value(&store, &server, "API_KEY").await;
        store.close().await;
        let refused = database.open(keyring('b')).await.unwrap_err();
        assert!(matches!(refused, StoreError::WrongKey), "{refused:?}");
        assert!(refused.to_string().contains("does not belong to this database"), "{refused}");
        assert_eq!(unseal(&database.store().await, &secret).await.unwrap(), VALUE);
    });
}

#[test]
fn a_value_lies_encrypted_in_the_database() {
    on_sqlite(async |database| {
        let store = database.store().await;
        let (server, ..) = making::written(&store, "weather").await;
        with_value(&store, &server, "API_KEY").await;
        store.close().await;
        let bytes = std::fs::read(database.file()).unwrap();
        let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        assert!(holds("API_KEY") && !holds(VALUE));
    });
}

#[test]
fn equal_values_are_encrypted_differently() {
    on_both(async |database| {
        let store = database.store().await;
        let (server, ..) = making::written(&store, "weather").await;
        with_value(&store, &server, "ONE").await;
        with_value(&store, &server, "TWO").await;
        let cast = match database.backend() {
            DbBackend::Sqlite => "CAST(count(DISTINCT substr(value, 31)) AS TEXT)",
            _ => "count(DISTINCT substr(value, 31))::text",
        };
        assert_eq!(database.text(&format!("SELECT {cast} FROM secrets")).await, "2");
    });
}

#[test]
fn a_changed_value_does_not_open() {
    on_both(async |database| {
        let store = database.store().await;
        let (server, ..) = making::written(&store, "weather").await;
        // version, algorithm, key id, nonce, ciphertext, tag
        let length = 2 + 16 + 12 + VALUE.len() + 16;
        let cases = [
            (0, SealError::Format),
            (1, SealError::Format),
            (2, SealError::UnknownKey),
            (18, SealError::Forged),
            (30, SealError::Forged),
            (length - 1, SealError::Forged),
        ];
        for (number, (position, expected)) in cases.into_iter().enumerate() {
            let secret = with_value(&store, &server, &format!("KEY{number}")).await;
            let id = literal(database, secret.id);
            let changed = match database.backend() {
                // A byte that is neither of the first two of the format, at this place.
                DbBackend::Sqlite => format!(
                    "CAST(substr(value, 1, {position}) || CASE substr(value, {0}, 1) WHEN X'EE' THEN X'EF' ELSE X'EE' \
                     END || substr(value, {1}) AS BLOB)",
                    position + 1,
                    position + 2
                ),
                _ => format!("set_byte(value, {position}, get_byte(value, {position}) # 16)"),
            };
            assert_eq!(database.tamper(&format!("UPDATE secrets SET value = {changed} WHERE id = {id}")).await, 1);
            match unseal(&store, &secret).await {
                Err(StoreError::Seal { source, .. }) => assert_eq!(source, expected, "byte {position}"),
                other => panic!("byte {position}: {other:?}"),
            }
        }
        let secret = with_value(&store, &server, "SHORT").await;
        let short = if database.backend() == DbBackend::Sqlite { "X'0101'" } else { r"'\x0101'" };
        let id = literal(database, secret.id);
        database.tamper(&format!("UPDATE secrets SET value = {short} WHERE id = {id}")).await;
        let refused = unseal(&store, &secret).await.unwrap_err();
        assert!(matches!(refused, StoreError::Seal { source: SealError::Format, .. }), "{refused:?}");
        assert!(!refused.to_string().contains(VALUE));
    });
}

#[test]
fn a_value_moved_to_another_row_does_not_open() {
    on_both(async |database| {
        let store = database.store().await;
        let (server, ..) = making::written(&store, "weather").await;
        let one = with_value(&store, &server, "ONE").await;
        let two = with_value(&store, &server, "TWO").await;
        let (from, to) = (literal(database, one.id), literal(database, two.id));
        let swap = format!("UPDATE secrets SET value = (SELECT value FROM secrets WHERE id = {from}) WHERE id = {to}");
        assert_eq!(database.tamper(&swap).await, 1);
        assert_eq!(unseal(&store, &one).await.unwrap(), VALUE);
        let refused = unseal(&store, &two).await.unwrap_err();
        assert!(matches!(refused, StoreError::Seal { source: SealError::Forged, .. }), "{refused:?}");
    });
}

#[test]
fn the_master_key_is_rotated_without_touching_values() {
    on_both(async |database| {
        let store = database.store().await;
        let (server, ..) = making::written(&store, "weather").await;
        let secret = with_value(&store, &server, "API_KEY").await;
        let (old, new) = (keyring('a'), keyring('b'));
        let tx = store.begin().await.unwrap();
        assert!(matches!(rotate_kek(&tx, &keyring('c'), &new).await, Err(StoreError::WrongKey)));
        drop(tx);
        // Interrupted before the end: the old key still counts.
        let tx = store.begin().await.unwrap();
        assert_eq!(rotate_kek(&tx, &old, &new).await.unwrap(), 1);
        drop(tx);
        store.close().await;
        let store = database.store().await;
        let tx = store.begin().await.unwrap();
        assert_eq!(rotate_kek(&tx, &old, &new).await.unwrap(), 1);
        tx.commit().await.unwrap();
        assert_eq!(unseal(&store, &secret).await.unwrap(), VALUE);
        // Run again, as after a crash that lost the answer.
        let tx = store.begin().await.unwrap();
        assert_eq!(rotate_kek(&tx, &old, &new).await.unwrap(), 0);
        tx.commit().await.unwrap();
        store.close().await;

        assert!(matches!(database.open(old).await, Err(StoreError::WrongKey)));
        let store = database.open(new).await.unwrap();
        assert_eq!(unseal(&store, &secret).await.unwrap(), VALUE);
    });
}

#[test]
fn a_data_key_that_was_replaced_does_not_open() {
    on_both(async |database| {
        let store = database.store().await;
        store.close().await;
        assert_eq!(database.tamper("UPDATE data_keys SET wrapped = (SELECT sealed FROM key_check)").await, 1);
        let refused = database.open(keyring('a')).await.unwrap_err();
        assert!(matches!(refused, StoreError::Seal { source: SealError::Forged, .. }), "{refused:?}");
    });
}

#[test]
fn a_database_without_its_data_keys_is_refused() {
    on_both(async |database| {
        let store = database.store().await;
        store.close().await;
        assert_eq!(database.tamper("DELETE FROM data_keys").await, 1);
        let refused = database.open(keyring('a')).await.unwrap_err();
        assert!(matches!(refused, StoreError::Seal { source: SealError::UnknownKey, .. }), "{refused:?}");
    });
}
