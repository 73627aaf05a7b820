//! Reviews and secrets.

use mcpbox_core::{
    hash::ContentHash,
    paging::PageRequest,
    principal::Actor,
    review::{Refusal, Review, ReviewState},
    secret::SecretMode,
};
use mcpbox_store::{
    StoreError,
    reviews::{self, ReviewDecision},
    secrets, versions,
};
use secrecy::{ExposeSecret, SecretString};

use crate::{database::on_both, making};

#[test]
fn a_tool_has_one_open_review_at_most() {
    on_both(async |database| {
        let store = database.store().await;
        let (_, tool, version) = making::written(&store, "weather").await;
        let first = making::review(&version);
        let tx = store.begin().await.unwrap();
        reviews::insert(&tx, &first).await.unwrap();
        tx.commit().await.unwrap();
        let tx = store.begin().await.unwrap();
        let second = reviews::insert(&tx, &making::review(&version)).await;
        assert!(matches!(second, Err(StoreError::Conflict { .. })), "{second:?}");
        drop(tx);

        let system = Actor::system("catalog");
        let tx = store.begin().await.unwrap();
        assert!(reviews::supersede(&tx, tool.id, &system, making::later(2), "newer").await.unwrap());
        assert!(!reviews::supersede(&tx, tool.id, &system, making::later(2), "newer").await.unwrap());
        let second = mcpbox_core::review::Review { created_at: making::later(3), ..making::review(&version) };
        reviews::insert(&tx, &second).await.unwrap();
        tx.commit().await.unwrap();

        let reader = store.reader();
        assert_eq!(reviews::open_for_tool(&reader, tool.id).await.unwrap().as_ref(), Some(&second));
        assert_eq!(reviews::latest_for_tool(&reader, tool.id).await.unwrap().as_ref(), Some(&second));
        let all = reviews::list(&reader, None, PageRequest::default()).await.unwrap();
        assert_eq!(all.items.iter().map(|review| review.id).collect::<Vec<_>>(), [second.id, first.id]);
        let superseded = reviews::list(&reader, Some(ReviewState::Superseded), PageRequest::default()).await.unwrap();
        assert_eq!(superseded.items[0].comment, "newer");
        assert_eq!(reviews::count(&reader, ReviewState::Open).await.unwrap(), 1);
    });
}

#[test]
fn a_review_is_decided_once_and_only_with_its_hash() {
    on_both(async |database| {
        let store = database.store().await;
        let (_, tool, version) = making::written(&store, "weather").await;
        let review = making::review(&version);
        let decision = ReviewDecision {
            state: ReviewState::Approved,
            by: Actor::admin("ada"),
            at: making::later(4),
            comment: "good".into(),
            refused: vec![Refusal { capability: making::host("x.de"), reason: "not ours".into() }],
            replaces: Some(version.id),
        };
        let stale = ContentHash("0".repeat(64));
        let tx = store.begin().await.unwrap();
        reviews::insert(&tx, &review).await.unwrap();
        assert!(!reviews::decide(&tx, review.id, &stale, &decision).await.unwrap());
        assert_eq!(reviews::by_id(&tx, review.id).await.unwrap().as_ref(), Some(&review));
        assert!(reviews::decide(&tx, review.id, &review.content_hash, &decision).await.unwrap());
        assert!(!reviews::decide(&tx, review.id, &review.content_hash, &decision).await.unwrap());
        tx.commit().await.unwrap();
        let read = reviews::by_id(&store.reader(), review.id).await.unwrap().unwrap();
        assert_eq!(
            (read.state, read.decided_by, read.decided_at),
            (decision.state, Some(decision.by), Some(decision.at))
        );
        assert_eq!(read.comment, decision.comment);
        assert_eq!((read.refused, read.replaces), (decision.refused, decision.replaces));
        assert_eq!(reviews::open_for_tool(&store.reader(), tool.id).await.unwrap(), None);
        assert!(versions::by_id(&store.reader(), version.id).await.unwrap().is_some());
    });
}

#[test]
fn of_two_admins_who_decide_at_once_one_wins() {
    on_both(async |database| {
        let store = database.store().await;
        let (_, _, version) = making::written(&store, "weather").await;
        let review = making::review(&version);
        let tx = store.begin().await.unwrap();
        reviews::insert(&tx, &review).await.unwrap();
        tx.commit().await.unwrap();
        let decide = async |state| {
            let decision = ReviewDecision { state, ..decided(ReviewState::Approved) };
            let tx = store.begin().await.unwrap();
            let won = reviews::decide(&tx, review.id, &review.content_hash, &decision).await.unwrap();
            tx.commit().await.unwrap();
            won
        };
        let (one, two) = tokio::join!(decide(ReviewState::Approved), decide(ReviewState::Rejected));
        assert!(one ^ two);
    });
}

#[test]
fn a_secret_gets_a_value_gives_it_back_and_loses_it() {
    on_both(async |database| {
        let store = database.store().await;
        let (server, ..) = making::written(&store, "weather").await;
        let (other, ..) = making::written(&store, "other").await;
        let mut secret = making::secret(&server, "API_KEY");
        let empty = making::secret(&server, "UNSET");
        let foreign = making::secret(&other, "API_KEY");
        let value = SecretString::from("s3cr3t – ключ");
        let tx = store.begin().await.unwrap();
        for secret in [&secret, &empty, &foreign] {
            secrets::insert(&tx, secret).await.unwrap();
        }
        assert!(secrets::set_value(&tx, secret.id, &value, making::later(1)).await.unwrap());
        assert!(secrets::set_value(&tx, foreign.id, &SecretString::from("other"), making::later(1)).await.unwrap());
        assert!(!secrets::set_value(&tx, making::secret(&server, "X").id, &value, making::later(1)).await.unwrap());
        tx.commit().await.unwrap();
        (secret.has_value, secret.updated_at) = (true, making::later(1));
        secret.value_set_at = Some(making::later(1));

        let reader = store.reader();
        let keys = [secret.key.clone(), empty.key.clone()];
        let unsealed = secrets::unseal(&reader, server.id, &keys).await.unwrap();
        assert_eq!(unsealed.len(), 1);
        assert_eq!((&unsealed[0].0, unsealed[0].1.expose_secret()), (&secret, value.expose_secret()));
        assert!(secrets::unseal(&reader, server.id, &[]).await.unwrap().is_empty());
        assert_eq!(secrets::list(&reader, server.id).await.unwrap(), [secret.clone(), empty]);
        assert_eq!(secrets::by_key(&reader, server.id, &secret.key).await.unwrap().as_ref(), Some(&secret));

        let length = value.expose_secret().len();
        for (least, expected) in [(length, true), (length + 1, false)] {
            assert_eq!(secrets::value_has_bytes(&reader, secret.id, least).await.unwrap(), expected, "{least}");
        }
        for (seconds, last) in [(20, 20), (10, 20), (30, 30)] {
            let tx = store.begin_log().await.unwrap();
            let used = [((server.id, secret.key.clone()), making::later(seconds))].into();
            secrets::note_use(&tx, &used).await.unwrap();
            tx.commit().await.unwrap();
            secret.last_used_at = Some(making::later(last));
            assert_eq!(secrets::by_id(&reader, secret.id).await.unwrap().as_ref(), Some(&secret));
        }
        let others = secrets::list(&reader, other.id).await.unwrap();
        assert_eq!(others[0].last_used_at, None, "the same key of another server is another secret");

        secret.mode = SecretMode::Revealed;
        secret.hosts.clear();
        let tx = store.begin().await.unwrap();
        assert!(secrets::update(&tx, &secret).await.unwrap());
        assert_eq!(secrets::by_id(&tx, secret.id).await.unwrap().as_ref(), Some(&secret));
        assert!(secrets::clear_value(&tx, secret.id, making::later(2)).await.unwrap());
        assert!(secrets::unseal(&tx, server.id, &keys).await.unwrap().is_empty());
        let taken = secrets::insert(&tx, &making::secret(&server, "API_KEY")).await;
        assert!(matches!(taken, Err(StoreError::Conflict { .. })), "{taken:?}");
        drop(tx);
        let tx = store.begin().await.unwrap();
        assert!(secrets::delete(&tx, secret.id).await.unwrap());
        assert_eq!(secrets::by_id(&tx, secret.id).await.unwrap(), None);
    });
}

#[test]
fn an_open_bundle_takes_later_requests_and_a_decided_one_does_not() {
    on_both(async |database| {
        let store = database.store().await;
        let (_, _, version) = making::written(&store, "weather").await;
        let review = making::review(&version);
        let tx = store.begin().await.unwrap();
        reviews::insert(&tx, &review).await.unwrap();
        let grown = Review {
            requested: [making::host("later.example")].into(),
            content_hash: ContentHash("b".repeat(64)),
            notes: "one more host".into(),
            ..review.clone()
        };
        assert!(reviews::update_bundle(&tx, &grown).await.unwrap());
        assert_eq!(reviews::open_all(&tx).await.unwrap(), std::slice::from_ref(&grown));
        let decision = decided(ReviewState::Approved);
        assert!(reviews::decide(&tx, grown.id, &grown.content_hash, &decision).await.unwrap());
        assert!(!reviews::update_bundle(&tx, &review).await.unwrap(), "a decision stands");
        assert_eq!(reviews::open_all(&tx).await.unwrap(), []);
    });
}

#[test]
fn secrets_without_a_value_are_found_on_all_servers() {
    on_both(async |database| {
        let store = database.store().await;
        let (server, _, _) = making::written(&store, "weather").await;
        let [empty, filled] = ["EMPTY", "FILLED"].map(|key| making::secret(&server, key));
        let tx = store.begin().await.unwrap();
        for secret in [&empty, &filled] {
            secrets::insert(&tx, secret).await.unwrap();
        }
        let value = SecretString::from("value-of-it");
        assert!(secrets::set_value(&tx, filled.id, &value, making::later(1)).await.unwrap());
        let keys: Vec<_> = secrets::without_value(&tx).await.unwrap().into_iter().map(|secret| secret.key).collect();
        assert_eq!(keys, [empty.key]);
    });
}

fn decided(state: ReviewState) -> ReviewDecision {
    ReviewDecision {
        state,
        by: Actor::admin("ada"),
        at: making::later(1),
        comment: String::new(),
        refused: Vec::new(),
        replaces: None,
    }
}
