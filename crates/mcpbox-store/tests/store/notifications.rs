//! Targets of notifications, notices, and who is telling them.

use chrono::TimeDelta;
use mcpbox_core::{
    ids::{MessageId, ReviewId, TargetId},
    notification::{DeliveryOutcome, DeliveryReport, Endpoint, NoticeEvent, Target, TargetKind},
};
use mcpbox_store::{
    SealError, Store, StoreError,
    notifications::{self, Attempt, Claim},
    reviews,
};
use secrecy::{ExposeSecret, SecretString};

use crate::{
    database::{Database, on_both, on_sqlite},
    making::{self, later},
};

const URL: &str = "https://discord.test/api/webhooks/1/token-of-the-channel";
const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

fn target(name: &str) -> Target {
    Target {
        id: TargetId::generate(),
        name: name.into(),
        kind: TargetKind::Webhook,
        host: "discord.test".into(),
        has_key: true,
        is_on: true,
        events: NoticeEvent::usual(),
        last: None,
        created_at: later(0),
        updated_at: later(0),
    }
}

fn endpoint() -> Endpoint {
    Endpoint { url: SecretString::from(URL), key: Some(SecretString::from(KEY)) }
}

async fn with_target(store: &Store, name: &str) -> Target {
    let target = target(name);
    let tx = store.begin().await.unwrap();
    notifications::insert(&tx, &target, &endpoint(), notifications::latest(&tx).await.unwrap()).await.unwrap();
    tx.commit().await.unwrap();
    target
}

/// A review and the notice of it.
async fn with_notice(store: &Store, server: &str) -> ReviewId {
    let (_, _, version) = making::written(store, server).await;
    let review = making::review(&version);
    let tx = store.begin().await.unwrap();
    reviews::insert(&tx, &review).await.unwrap();
    notifications::note(&tx, NoticeEvent::ReviewWaiting, review.id, later(1)).await.unwrap();
    tx.commit().await.unwrap();
    review.id
}

async fn unseal(store: &Store, id: TargetId) -> Result<(String, Option<String>), StoreError> {
    let endpoint = notifications::unseal(&store.reader(), id).await?.unwrap();
    let text = |secret: &SecretString| secret.expose_secret().to_owned();
    Ok((text(&endpoint.url), endpoint.key.as_ref().map(text)))
}

#[test]
fn a_target_is_written_read_changed_and_deleted() {
    on_both(async |database| {
        let store = database.store().await;
        let mut target = with_target(&store, "Team").await;
        let tx = store.begin().await.unwrap();
        let taken = notifications::insert(&tx, &self::target("Team"), &endpoint(), 0).await.unwrap_err();
        assert!(matches!(taken, StoreError::Conflict { .. }), "{taken:?}");
        drop(tx);
        assert_eq!(notifications::list(&store.reader()).await.unwrap(), [target.clone()]);
        assert_eq!(unseal(&store, target.id).await.unwrap(), (URL.into(), Some(KEY.into())));
        (target.name, target.is_on, target.updated_at) = ("Ops".into(), false, later(5));
        target.events = [NoticeEvent::RuleApproved].into();
        let plain = Endpoint { url: SecretString::from("https://ntfy.test/topic"), key: None };
        let tx = store.begin().await.unwrap();
        assert!(notifications::update(&tx, &target).await.unwrap());
        assert!(notifications::set_endpoint(&tx, target.id, "ntfy.test", &plain).await.unwrap());
        tx.commit().await.unwrap();
        let read = notifications::by_id(&store.reader(), target.id).await.unwrap().unwrap();
        assert_eq!(read, Target { host: "ntfy.test".into(), has_key: false, ..target.clone() });
        assert_eq!(unseal(&store, target.id).await.unwrap(), ("https://ntfy.test/topic".into(), None));
        assert_eq!(notifications::deliveries(&store.reader()).await.unwrap(), [], "it is off");
        let tx = store.begin().await.unwrap();
        assert!(notifications::delete(&tx, target.id).await.unwrap());
        assert!(!notifications::delete(&tx, target.id).await.unwrap());
    });
}

#[test]
fn an_address_and_its_key_lie_encrypted() {
    on_sqlite(async |database| {
        let store = database.store().await;
        with_target(&store, "Team").await;
        store.close().await;
        let bytes = std::fs::read(database.file()).unwrap();
        let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        assert!(holds("discord.test") && !holds("token-of-the-channel") && !holds(KEY));
    });
}

#[test]
fn an_address_moved_to_another_row_or_column_does_not_open() {
    on_both(async |database| {
        let store = database.store().await;
        let moves = [("url", "url"), ("key", "key"), ("url", "key")];
        for (number, (from, to)) in moves.into_iter().enumerate() {
            let one = with_target(&store, &format!("from {number}")).await;
            let two = if from == to { with_target(&store, &format!("to {number}")).await } else { one.clone() };
            let change = format!(
                "UPDATE notification_targets SET {to} = (SELECT {from} FROM notification_targets WHERE name = '{}') WHERE name = '{}'",
                one.name, two.name
            );
            assert_eq!(database.tamper(&change).await, 1);
            let refused = unseal(&store, two.id).await.unwrap_err();
            assert!(
                matches!(refused, StoreError::Seal { source: SealError::Forged, .. }),
                "{from} → {to}: {refused:?}"
            );
        }
    });
}

#[test]
fn notices_come_in_the_order_of_their_commits_and_go_with_their_review() {
    on_both(async |database| {
        let store = database.store().await;
        assert_eq!(notifications::latest(&store.reader()).await.unwrap(), 0);
        let first = with_notice(&store, "one").await;
        let second = with_notice(&store, "two").await;
        let all = notifications::after(&store.reader(), 0, None).await.unwrap();
        assert_eq!(all.iter().map(|notice| notice.review_id).collect::<Vec<_>>(), [Some(first), Some(second)]);
        assert_eq!((all[0].event, all[0].created_at), (NoticeEvent::ReviewWaiting, later(1)));
        assert_eq!(notifications::latest(&store.reader()).await.unwrap(), all[1].sequence);
        let until = Some(all[0].sequence);
        assert_eq!(notifications::after(&store.reader(), 0, until).await.unwrap(), all[..1]);
        assert_eq!(notifications::after(&store.reader(), all[0].sequence, None).await.unwrap(), all[1..]);
        delete_servers(database).await;
        assert_eq!(notifications::after(&store.reader(), 0, None).await.unwrap(), []);
    });
}

async fn delete_servers(database: &Database) {
    let pragma = if database.backend() == sea_orm::DbBackend::Sqlite { "PRAGMA foreign_keys = ON; " } else { "" };
    database.tamper(&format!("{pragma}DELETE FROM servers")).await;
}

#[test]
fn one_of_many_claims_a_message_and_only_its_owner_ends_it() {
    on_both(async |database| {
        let store = database.store().await;
        let target = with_target(&store, "Team").await;
        with_notice(&store, "one").await;
        let until = notifications::latest(&store.reader()).await.unwrap();
        let seen = notifications::deliveries(&store.reader()).await.unwrap().remove(0);
        assert_eq!((seen.told, seen.message, seen.attempts), (0, None, 0));
        let message = MessageId::generate();
        let take = async |seen, attempt, now| {
            let expires_at = now + TimeDelta::seconds(60);
            let claim = Claim { target: target.id, message, until, attempt, expires_at };
            let tx = store.begin().await.unwrap();
            let is_ours = notifications::claim(&tx, seen, &claim, now).await.unwrap();
            tx.commit().await.unwrap();
            is_ours.then_some(claim)
        };
        let claim = take(&seen, 1, later(0)).await.unwrap();
        assert_eq!(take(&seen, 1, later(1)).await, None, "somebody has it");
        assert_eq!(take(&seen, 1, later(70)).await, None, "it moved on since it was read");
        let during = notifications::deliveries(&store.reader()).await.unwrap().remove(0);
        assert_eq!((during.message, during.attempts), (Some((message, until)), 1));
        assert_eq!(take(&during, 2, later(30)).await, None, "the claim still stands");
        let second = take(&during, 2, later(60)).await.unwrap();

        let report = DeliveryReport {
            at: later(61),
            outcome: DeliveryOutcome::Retrying,
            attempts: 2,
            said: "HTTP 503".into(),
            next_at: Some(later(90)),
        };
        let retry = Attempt { report: report.clone(), is_over: false, is_delivered: false };
        let tx = store.begin().await.unwrap();
        assert!(!notifications::finish(&tx, &claim, &retry).await.unwrap(), "the first owner was away too long");
        assert!(notifications::finish(&tx, &second, &retry).await.unwrap());
        tx.commit().await.unwrap();
        let waiting = notifications::deliveries(&store.reader()).await.unwrap().remove(0);
        assert_eq!((waiting.told, waiting.attempts, waiting.next_at), (0, 2, Some(later(90))));
        assert_eq!((waiting.leased_until, waiting.target.last.as_ref()), (None, Some(&report)));

        let third = take(&waiting, 3, later(90)).await.unwrap();
        let done = DeliveryReport { outcome: DeliveryOutcome::Delivered, next_at: None, ..report };
        let done = Attempt { report: done, is_over: true, is_delivered: true };
        let tx = store.begin().await.unwrap();
        assert!(notifications::finish(&tx, &third, &done).await.unwrap());
        assert!(!notifications::finish(&tx, &third, &done).await.unwrap());
        tx.commit().await.unwrap();
        let told = notifications::deliveries(&store.reader()).await.unwrap().remove(0);
        assert_eq!((told.told, told.message, told.attempts, told.delivered_at), (until, None, 0, Some(later(61))));
        let tx = store.begin().await.unwrap();
        assert!(notifications::skip(&tx, &told, until + 1, None, later(100)).await.unwrap());
        assert!(!notifications::skip(&tx, &told, until + 2, None, later(100)).await.unwrap());
    });
}
