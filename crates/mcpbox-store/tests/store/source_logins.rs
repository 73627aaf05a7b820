//! Logins at sources: sealed, renewed by one at a time, overtaken by what is newer.

use chrono::TimeDelta;
use mcpbox_core::{
    ids::{ProcessId, SourceId},
    source::{ExternalSource, SourceAuth, SourceTransport},
    source_login::{LoginFacts, LoginState},
};
use mcpbox_store::{Store, StoreError, rotate_data_keys, source_logins, sources};
use secrecy::{ExposeSecret, SecretString};

use crate::{
    database::{keyring, on_both},
    making,
};

fn facts(state: LoginState) -> LoginFacts {
    LoginFacts {
        state,
        issuer: "https://login.example.com".into(),
        origins: vec!["https://login.example.com".into()],
        scopes: vec!["read".into()],
        by: "ada".into(),
        at: making::later(0),
        expires_at: Some(making::later(60)),
        is_renewable: true,
        renewed_at: None,
        trouble: None,
        failed_at: None,
    }
}

async fn source(store: &Store) -> SourceId {
    let (server, ..) = making::written(store, "weather").await;
    let source = ExternalSource {
        id: SourceId::generate(),
        server_id: server.id,
        name: "there".into(),
        transport: SourceTransport::StreamableHttp {
            url: "https://mcp.example.com/mcp".into(),
            auth: SourceAuth::Oauth,
        },
        last_synced_at: None,
        created_at: making::later(0),
        updated_at: making::later(0),
    };
    let tx = store.begin().await.unwrap();
    sources::insert(&tx, &source).await.unwrap();
    tx.commit().await.unwrap();
    source.id
}

#[test]
fn a_login_is_kept_sealed_replaced_and_forgotten_with_its_source() {
    on_both(async |database| {
        let store = database.store().await;
        let id = source(&store).await;
        assert!(source_logins::load(&store.reader(), id).await.unwrap().is_none());
        let (active, tokens) = (facts(LoginState::Active), SecretString::from("tokens"));
        let tx = store.begin().await.unwrap();
        assert_eq!(source_logins::put(&tx, id, &active, Some(&tokens), making::later(1)).await.unwrap(), 1);
        let nowhere = source_logins::put(&tx, SourceId::generate(), &active, None, making::later(1)).await;
        assert!(matches!(nowhere, Err(StoreError::Missing { .. })), "{nowhere:?}");
        drop(tx);
        let tx = store.begin().await.unwrap();
        source_logins::put(&tx, id, &active, Some(&tokens), making::later(1)).await.unwrap();
        rotate_data_keys(&tx, &keyring('a')).await.unwrap();
        tx.commit().await.unwrap();
        store.close().await;
        let store = database.store().await;
        let kept = source_logins::load(&store.reader(), id).await.unwrap().unwrap();
        assert_eq!((kept.facts, kept.generation), (active.clone(), 1));
        assert_eq!(kept.tokens.unwrap().expose_secret(), "tokens", "with another key as well");
        assert_eq!(source_logins::facts(&store.reader()).await.unwrap()[&id], active);
        let tx = store.begin().await.unwrap();
        assert_eq!(source_logins::put(&tx, id, &active, None, making::later(2)).await.unwrap(), 2);
        assert!(sources::delete(&tx, id).await.unwrap());
        assert!(source_logins::load(&tx, id).await.unwrap().is_none(), "gone with its source");
        assert!(!source_logins::delete(&tx, id).await.unwrap());
    });
}

#[test]
fn one_process_renews_at_a_time_and_what_is_older_changes_nothing() {
    on_both(async |database| {
        let store = database.store().await;
        let id = source(&store).await;
        let (ours, theirs) = (ProcessId::generate(), ProcessId::generate());
        let (now, until) = (making::later(10), making::later(10) + TimeDelta::minutes(2));
        let active = facts(LoginState::Active);
        let tx = store.begin().await.unwrap();
        source_logins::put(&tx, id, &active, Some(&SecretString::from("old")), now).await.unwrap();
        assert!(source_logins::lease(&tx, (id, 1), ours, (now, until)).await.unwrap());
        assert!(!source_logins::lease(&tx, (id, 1), theirs, (now, until)).await.unwrap(), "somebody does");
        assert!(
            source_logins::lease(&tx, (id, 1), theirs, (until, until)).await.unwrap(),
            "whoever has it may have died"
        );
        source_logins::release(&tx, id, ours).await.unwrap();
        assert!(!source_logins::lease(&tx, (id, 1), ours, (now, until)).await.unwrap(), "only its own is given back");
        source_logins::release(&tx, id, theirs).await.unwrap();
        assert!(source_logins::lease(&tx, (id, 1), ours, (now, until)).await.unwrap());
        let renewed = source_logins::StoredLogin {
            facts: LoginFacts { renewed_at: Some(now), ..active.clone() },
            tokens: Some(SecretString::from("new")),
            generation: 2,
        };
        assert!(source_logins::renew(&tx, (id, 1), &renewed, now).await.unwrap());
        assert!(!source_logins::renew(&tx, (id, 1), &renewed, now).await.unwrap(), "it was overtaken");
        assert!(!source_logins::lease(&tx, (id, 1), ours, (now, until)).await.unwrap());
        let ended = facts(LoginState::Ended);
        assert!(!source_logins::set_facts(&tx, id, 1, &ended, now).await.unwrap());
        assert!(
            source_logins::lease(&tx, (id, 2), theirs, (now, until)).await.unwrap(),
            "the lease ended with the renewal"
        );
        let kept = source_logins::load(&tx, id).await.unwrap().unwrap();
        assert_eq!((kept.facts, kept.generation), (renewed.facts, 2));
        assert_eq!(kept.tokens.unwrap().expose_secret(), "new");
        assert!(source_logins::set_facts(&tx, id, 2, &ended, now).await.unwrap());
        let kept = source_logins::load(&tx, id).await.unwrap().unwrap();
        assert_eq!((kept.facts.state, kept.tokens.unwrap().expose_secret()), (LoginState::Ended, "new"));
    });
}
