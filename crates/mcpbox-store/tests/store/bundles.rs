//! What reviews were, who read that, what was taken back, and grants with an end.

use mcpbox_core::{
    call::{CallRecord, Profile},
    grant::{Grant, GrantScope, GrantState},
    hash::ContentHash,
    ids::{CallId, ReviewId, UserId},
    principal::Actor,
    review::{Review, ReviewPurpose, ReviewRevision, ReviewState, TakenBack},
    user::{Role, User},
};
use mcpbox_store::{
    Store, StoreError, calls,
    grants::{self, GrantDecision},
    reviews::{self, ReviewDecision},
    revisions::{self, View},
    users,
};

use crate::{database::on_both, making};

fn revision(review: &Review, hash: &str, host: &str) -> ReviewRevision {
    ReviewRevision {
        review_id: review.id,
        content_hash: ContentHash(hash.repeat(64)),
        version_id: review.version_id,
        purpose: ReviewPurpose::Grant,
        requested: [making::host(host)].into(),
        lock: Some(ContentHash("l".repeat(64))),
        created_at: making::later(1),
    }
}

async fn admin(store: &Store, username: &str) -> UserId {
    let id = UserId::generate();
    let tx = store.begin().await.unwrap();
    let (username, password_hash) = (username.to_owned(), Some("x".to_owned()));
    let (created_at, password_changed_at) = (making::later(0), making::later(0));
    let (role, is_disabled) = (Role::Admin, false);
    let user = User { id, username, password_hash, role, is_disabled, created_at, password_changed_at };
    users::insert(&tx, &user).await.unwrap();
    tx.commit().await.unwrap();
    id
}

fn approval(at: i64) -> ReviewDecision {
    ReviewDecision {
        state: ReviewState::Approved,
        by: Actor::admin("ada"),
        at: making::later(at),
        comment: "good".into(),
        refused: Vec::new(),
        replaces: None,
    }
}

#[test]
fn every_revision_of_a_review_is_kept_as_it_was_first() {
    on_both(async |database| {
        let store = database.store().await;
        let (_, _, version) = making::written(&store, "weather").await;
        let review = making::review(&version);
        let tx = store.begin().await.unwrap();
        reviews::insert(&tx, &review).await.unwrap();
        let [first, second] = [revision(&review, "a", "a.example"), revision(&review, "b", "b.example")];
        let late = ReviewRevision { created_at: making::later(5), ..first.clone() };
        for written in [&first, &second, &late] {
            revisions::insert(&tx, written).await.unwrap();
        }
        let orphan = ReviewRevision { review_id: ReviewId::generate(), ..first.clone() };
        for kept in [first, second] {
            let found = revisions::by_hash(&tx, review.id, &kept.content_hash).await.unwrap();
            assert_eq!(found, Some(kept));
        }
        assert_eq!(revisions::by_hash(&tx, review.id, &ContentHash("c".repeat(64))).await.unwrap(), None);
        let refused = revisions::insert(&tx, &orphan).await;
        assert!(matches!(refused, Err(StoreError::Missing { .. })), "{refused:?}");
    });
}

#[test]
fn what_an_admin_read_last_of_a_tool_is_theirs_alone() {
    on_both(async |database| {
        let store = database.store().await;
        let (_, tool, version) = making::written(&store, "weather").await;
        let [ada, ben] = [admin(&store, "ada").await, admin(&store, "ben").await];
        let first = making::review(&version);
        let second = Review { state: ReviewState::Rejected, ..making::review(&version) };
        let view = |user_id, review: &Review, hash: &str, at| View {
            user_id,
            review_id: review.id,
            tool_id: tool.id,
            content_hash: ContentHash(hash.repeat(64)),
            seen_at: making::later(at),
        };
        let tx = store.begin().await.unwrap();
        for review in [&first, &second] {
            reviews::insert(&tx, review).await.unwrap();
        }
        assert_eq!(revisions::last_view(&tx, ada, tool.id).await.unwrap(), None);
        let (older, newer) = (view(ada, &second, "a", 1), view(ada, &first, "b", 2));
        for seen in [&older, &newer] {
            revisions::put_view(&tx, seen).await.unwrap();
        }
        assert_eq!(revisions::last_view(&tx, ada, tool.id).await.unwrap(), Some(newer));
        assert_eq!(revisions::last_view(&tx, ben, tool.id).await.unwrap(), None);
        let again = view(ada, &second, "c", 3);
        revisions::put_view(&tx, &again).await.unwrap();
        assert_eq!(revisions::last_view(&tx, ada, tool.id).await.unwrap(), Some(again), "in place of the older one");
    });
}

#[test]
fn an_approval_is_taken_back_once_and_its_grants_are_found() {
    on_both(async |database| {
        let store = database.store().await;
        let (_, tool, version) = making::written(&store, "weather").await;
        let review = making::review(&version);
        let revocation = TakenBack { by: Actor::admin("ben"), at: making::later(9), comment: "it called home".into() };
        let grant = making::grant(GrantScope::Tool(tool.id), making::host("a.example"));
        let tx = store.begin().await.unwrap();
        reviews::insert(&tx, &review).await.unwrap();
        grants::insert(&tx, &grant).await.unwrap();
        assert!(!reviews::revoke(&tx, review.id, &revocation).await.unwrap(), "it is not approved yet");
        assert!(reviews::decide(&tx, review.id, &review.content_hash, &approval(1)).await.unwrap());
        let decision = GrantDecision {
            by: Actor::admin("ada"),
            at: making::later(1),
            comment: String::new(),
            review_id: Some(review.id),
            expires_at: Some(making::later(60)),
        };
        let (pending, approved) = (GrantState::Pending, GrantState::Approved);
        assert!(!grants::withdraw(&tx, grant.id, &decision).await.unwrap(), "it is not in force yet");
        assert!(grants::set_state(&tx, grant.id, pending, approved, &decision).await.unwrap());
        assert!(reviews::revoke(&tx, review.id, &revocation).await.unwrap());
        assert!(!reviews::revoke(&tx, review.id, &revocation).await.unwrap());
        let [found] = grants::of_review(&tx, review.id).await.unwrap().try_into().unwrap();
        let back = GrantDecision { by: Actor::admin("ben"), comment: "no".into(), review_id: None, ..decision };
        assert!(grants::withdraw(&tx, found.id, &back).await.unwrap());
        let [found] = grants::of_review(&tx, review.id).await.unwrap().try_into().unwrap();
        assert_eq!((found.state, found.comment.as_str()), (GrantState::Revoked, "no"));
        assert_eq!((found.expires_at, found.review_id), (Some(making::later(60)), Some(review.id)), "these stay");
        tx.commit().await.unwrap();
        let read = reviews::by_id(&store.reader(), review.id).await.unwrap().unwrap();
        assert_eq!((read.state, read.revoked), (ReviewState::Revoked, Some(revocation)));
        assert_eq!(read.decided_by, Some(Actor::admin("ada")), "who approved it stays");
        let history = reviews::decided_for_tool(&store.reader(), tool.id).await.unwrap();
        assert_eq!(history.iter().map(|review| review.id).collect::<Vec<_>>(), [review.id]);
    });
}

#[test]
fn grants_end_when_their_time_is_over_and_not_before() {
    on_both(async |database| {
        let store = database.store().await;
        let in_force = |host, expires_at| Grant {
            state: GrantState::Approved,
            expires_at,
            ..making::grant(GrantScope::Everywhere, making::host(host))
        };
        let [over, later, endless] =
            [Some(making::later(10)), Some(making::later(11)), None].map(|end| in_force("a.example", end));
        let pending = Grant { state: GrantState::Pending, ..in_force("b.example", Some(making::later(1))) };
        let tx = store.begin().await.unwrap();
        for grant in [&over, &later, &endless, &pending] {
            grants::insert(&tx, grant).await.unwrap();
        }
        assert_eq!(grants::expire(&tx, making::later(9)).await.unwrap(), []);
        let ended = Grant { state: GrantState::Expired, ..over };
        assert_eq!(grants::expire(&tx, making::later(10)).await.unwrap(), std::slice::from_ref(&ended));
        assert_eq!(grants::expire(&tx, making::later(10)).await.unwrap(), []);
        assert_eq!(grants::approved(&tx).await.unwrap(), [later.clone(), endless.clone()]);
        assert_eq!(grants::approved_or_expired(&tx).await.unwrap(), [ended, later, endless]);
    });
}

#[test]
fn open_reviews_are_counted_by_who_asked() {
    on_both(async |database| {
        let store = database.store().await;
        let (_, _, first) = making::written(&store, "one").await;
        let (_, _, second) = making::written(&store, "two").await;
        let other = Review { requested_by: Actor::admin("claude"), ..making::review(&second) };
        let mine = making::review(&first);
        let tx = store.begin().await.unwrap();
        for review in [&mine, &other] {
            reviews::insert(&tx, review).await.unwrap();
        }
        assert_eq!(
            reviews::count_open_by(&tx, &making::llm()).await.unwrap(),
            1,
            "the kind counts as well as the name"
        );
        assert!(reviews::decide(&tx, mine.id, &mine.content_hash, &approval(1)).await.unwrap());
        assert_eq!(reviews::count_open_by(&tx, &making::llm()).await.unwrap(), 0);
    });
}

#[test]
fn the_first_calls_of_a_version_come_oldest_first() {
    on_both(async |database| {
        let store = database.store().await;
        let (server, tool, version) = making::written(&store, "weather").await;
        let call = |at, profile| CallRecord {
            id: CallId::generate(),
            profile,
            started_at: making::later(at),
            ..making::call(&server, &tool, &version)
        };
        let [early, test, third, second] =
            [call(1, Profile::Live), call(6, Profile::Quarantine), call(9, Profile::Live), call(5, Profile::Live)];
        let tx = store.begin().await.unwrap();
        calls::insert_many(&tx, &[early, test, third.clone(), second.clone()]).await.unwrap();
        let first = calls::first_of_version(&tx, version.id, making::later(5), 10).await.unwrap();
        assert_eq!(first.iter().map(|call| call.id).collect::<Vec<_>>(), [second.id, third.id]);
        assert_eq!(calls::first_of_version(&tx, version.id, making::later(5), 1).await.unwrap().len(), 1);
    });
}
