//! The audit chain: what is appended is intact, and every way to tamper with it shows.

use mcpbox_core::{
    audit::{AuditEntry, GENESIS},
    paging::PageRequest,
    principal::Actor,
};
use mcpbox_store::{
    Store, StoreError,
    audit::{self, AuditFilter, ChainCheck},
};
use sea_orm::DbBackend;

use crate::{
    database::{Database, on_both},
    making,
};

async fn append(store: &Store, count: usize) {
    for number in 0..count {
        let tx = store.begin().await.unwrap();
        audit::append(&tx, making::entry(&format!("tool:{number}")), making::moment()).await.unwrap();
        tx.commit().await.unwrap();
    }
}

async fn check(store: &Store) -> ChainCheck {
    audit::verify(&store.reader()).await.unwrap()
}

#[test]
fn events_are_chained_and_read_back_as_they_were_written() {
    on_both(async |database| {
        let store = database.store().await;
        assert_eq!(check(&store).await, ChainCheck::Intact { rows: 0 });
        let tx = store.begin().await.unwrap();
        let first = audit::append(&tx, making::entry("tool:1"), making::moment()).await.unwrap();
        let second = audit::append(&tx, making::entry("tool:2"), making::moment()).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!((first.sequence, first.previous_hash.as_str()), (1, GENESIS));
        assert!(second.follows(Some(&first)));
        let list = audit::list(&store.reader(), &AuditFilter::default(), PageRequest::default()).await.unwrap();
        assert_eq!(list.items, [second, first]);
        assert_eq!(check(&store).await, ChainCheck::Intact { rows: 2 });
    });
}

#[test]
fn an_undone_transaction_leaves_no_gap() {
    on_both(async |database| {
        let store = database.store().await;
        append(&store, 1).await;
        let tx = store.begin().await.unwrap();
        audit::append(&tx, making::entry("undone"), making::moment()).await.unwrap();
        drop(tx);
        append(&store, 1).await;
        assert_eq!(check(&store).await, ChainCheck::Intact { rows: 2 });
    });
}

#[test]
fn events_are_found_by_every_filter() {
    on_both(async |database| {
        let store = database.store().await;
        append(&store, 2).await;
        let entry = AuditEntry { actor: Actor::admin("ada"), action: "review.approve", ..making::entry("review:1") };
        let tx = store.begin().await.unwrap();
        audit::append(&tx, entry, making::later(60)).await.unwrap();
        tx.commit().await.unwrap();
        let none = AuditFilter::default();
        let cases = [
            (AuditFilter { actor: Some("ada".into()), ..none.clone() }, vec![3]),
            (AuditFilter { action: Some("tool.".into()), ..none.clone() }, vec![2, 1]),
            (AuditFilter { action: Some("%".into()), ..none.clone() }, vec![]),
            (AuditFilter { action: Some("t_ol".into()), ..none.clone() }, vec![]),
            (AuditFilter { subject: Some("tool:1".into()), ..none.clone() }, vec![2]),
            (AuditFilter { since: Some(making::later(60)), ..none.clone() }, vec![3]),
        ];
        for (filter, expected) in cases {
            let page = audit::list(&store.reader(), &filter, PageRequest::default()).await.unwrap();
            let found: Vec<_> = page.items.iter().map(|event| event.sequence).collect();
            assert_eq!(found, expected, "{filter:?}");
        }
    });
}

#[test]
fn a_chain_longer_than_a_batch_is_checked_to_its_end() {
    on_both(async |database| {
        let store = database.store().await;
        let tx = store.begin().await.unwrap();
        for number in 0..1_203 {
            audit::append(&tx, making::entry(&format!("tool:{number}")), making::moment()).await.unwrap();
        }
        tx.commit().await.unwrap();
        assert_eq!(check(&store).await, ChainCheck::Intact { rows: 1_203 });
        assert_eq!(database.tamper("UPDATE audit_events SET subject = 'x' WHERE sequence = 1100").await, 1);
        assert_eq!(check(&store).await, ChainCheck::Broken { sequence: 1_100 });
    });
}

#[test]
fn every_change_of_a_row_shows() {
    let changes = [
        "actor_name = 'mallory'",
        "actor_kind = 'admin'",
        "action = 'x'",
        "subject = 'x'",
        "detail = '{}'",
        "detail = 'not json'",
        "hash = previous_hash",
        "previous_hash = hash",
        "sequence = 40",
    ];
    on_both(async |database| {
        let store = database.store().await;
        append(&store, 4).await;
        for change in changes {
            tampered(database, &store, &format!("UPDATE audit_events SET {change} WHERE sequence = 3"), 3).await;
        }
        let earlier = match database.backend() {
            DbBackend::Sqlite => "at = replace(at, '2026', '2025')",
            _ => "at = at - interval '1 microsecond'",
        };
        tampered(database, &store, &format!("UPDATE audit_events SET {earlier} WHERE sequence = 3"), 3).await;
        tampered(database, &store, "DELETE FROM audit_events WHERE sequence = 1", 1).await;
        tampered(database, &store, "DELETE FROM audit_events WHERE sequence = 3", 3).await;
    });
}

/// Tampers with the chain, sees it found, and puts the chain back.
async fn tampered(database: &Database, store: &Store, sql: &str, sequence: i64) {
    database.tamper("CREATE TABLE kept AS SELECT * FROM audit_events").await;
    assert_eq!(database.tamper(sql).await, 1, "{sql}");
    assert_eq!(check(store).await, ChainCheck::Broken { sequence }, "{sql}");
    database.tamper("DELETE FROM audit_events").await;
    database.tamper("INSERT INTO audit_events SELECT * FROM kept").await;
    database.tamper("DROP TABLE kept").await;
    assert!(matches!(check(store).await, ChainCheck::Intact { .. }));
}

#[test]
fn rows_cut_off_the_end_show_and_writing_goes_on_beyond_the_gap() {
    on_both(async |database| {
        let store = database.store().await;
        append(&store, 4).await;
        assert_eq!(database.tamper("DELETE FROM audit_events WHERE sequence > 2").await, 2);
        assert_eq!(check(&store).await, ChainCheck::Broken { sequence: 3 });
        append(&store, 1).await;
        assert_eq!(check(&store).await, ChainCheck::Broken { sequence: 3 });
    });
}

#[test]
fn rows_that_follow_the_rules_but_were_not_written_by_the_store_show() {
    on_both(async |database| {
        let store = database.store().await;
        append(&store, 2).await;
        let list = audit::list(&store.reader(), &AuditFilter::default(), PageRequest::new(1, 1)).await.unwrap();
        let mut rewritten = list.items[0].clone();
        rewritten.subject = "x".into();
        rewritten.hash = rewritten.expected_hash();
        let hash = &rewritten.hash;
        let sql = format!("UPDATE audit_events SET subject = 'x', hash = '{hash}' WHERE sequence = 2");
        tampered(database, &store, &sql, 2).await;

        let mut added = list.items[0].clone();
        (added.sequence, added.id) = (3, mcpbox_core::ids::AuditId::generate());
        added.previous_hash = added.hash.clone();
        added.hash = added.expected_hash();
        let id = match database.backend() {
            DbBackend::Sqlite => format!("X'{}'", added.id.0.simple()),
            _ => format!("'{}'::uuid", added.id),
        };
        let sql = format!(
            "INSERT INTO audit_events (sequence, id, at, action, subject, detail, previous_hash, hash, actor_kind, \
             actor_name) SELECT 3, {id}, at, action, subject, detail, '{}', '{}', actor_kind, actor_name \
             FROM audit_events WHERE sequence = 2",
            added.previous_hash, added.hash
        );
        tampered(database, &store, &sql, 3).await;
    });
}

#[test]
fn without_its_recorded_end_the_chain_is_not_written_on() {
    on_both(async |database| {
        for sql in ["DELETE FROM audit_head", "UPDATE audit_head SET sealed = wrapped FROM data_keys"] {
            let store = database.store().await;
            append(&store, 1).await;
            database.tamper("CREATE TABLE kept AS SELECT * FROM audit_head").await;
            assert_eq!(database.tamper(sql).await, 1, "{sql}");
            let tx = store.begin().await.unwrap();
            let refused = audit::append(&tx, making::entry("x"), making::moment()).await;
            assert!(matches!(refused, Err(StoreError::AuditHead)), "{refused:?}");
            drop(tx);
            assert!(matches!(check(&store).await, ChainCheck::Broken { .. }), "{sql}");
            database.tamper("DELETE FROM audit_head").await;
            database.tamper("INSERT INTO audit_head SELECT * FROM kept").await;
            database.tamper("DROP TABLE kept").await;
            store.close().await;
        }
    });
}
