//! What the connection over Cloudflare remembers: sealed under its name, replaced, forgotten.

use mcpbox_store::{Store, StoreError, cloudflare, rotate_data_keys};
use secrecy::{ExposeSecret, SecretString};

use crate::{
    database::{keyring, on_both},
    making,
};

async fn put(store: &Store, name: &str, value: &str) {
    let tx = store.begin().await.unwrap();
    cloudflare::put(&tx, name, &SecretString::from(value), making::moment()).await.unwrap();
    tx.commit().await.unwrap();
}

async fn remembered(store: &Store) -> Result<Vec<(String, String)>, StoreError> {
    let mut all: Vec<_> = cloudflare::all(&store.reader())
        .await?
        .into_iter()
        .map(|one| (one.name, one.value.expose_secret().to_owned()))
        .collect();
    all.sort();
    Ok(all)
}

#[test]
fn a_value_is_replaced_forgotten_and_sealed_under_its_name() {
    on_both(async |database| {
        let store = database.store().await;
        put(&store, "token", "first").await;
        put(&store, "token", "second").await;
        put(&store, "plan", "{}").await;
        let both = vec![("plan".to_owned(), "{}".to_owned()), ("token".to_owned(), "second".to_owned())];
        assert_eq!(remembered(&store).await.unwrap(), both);
        let tx = store.begin().await.unwrap();
        rotate_data_keys(&tx, &keyring('a')).await.unwrap();
        tx.commit().await.unwrap();
        store.close().await;
        let store = database.store().await;
        assert_eq!(remembered(&store).await.unwrap(), both, "sealed again with another key");

        let moved =
            "UPDATE cloudflare SET value = (SELECT value FROM cloudflare WHERE name = 'token') WHERE name = 'plan'";
        assert_eq!(database.tamper(moved).await, 1);
        let refused = remembered(&store).await.unwrap_err();
        assert!(matches!(refused, StoreError::Seal { .. }), "{refused}");

        let tx = store.begin().await.unwrap();
        assert!(cloudflare::delete(&tx, "plan").await.unwrap());
        assert!(!cloudflare::delete(&tx, "plan").await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(remembered(&store).await.unwrap().len(), 1);
    });
}
