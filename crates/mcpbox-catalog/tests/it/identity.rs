//! Second factors, roles in types, and the way back in.

use std::sync::Arc;

use chrono::TimeDelta;
use mcpbox_catalog::{
    Catalog, CatalogError, SignedIn,
    identity::{self, Proof, SecondFactor, UserChange},
    session::{self, Login, LoginOrigin, NewSession},
};
use mcpbox_core::{clock::Clock, failure::FailureKind, paging::PageRequest, user::Role};
use mcpbox_testing::add_user;
use secrecy::SecretString;
use totp_rs::{Builder, Secret};

use crate::support::{PASSWORD, World, refusal};

fn password() -> SecretString {
    SecretString::from(PASSWORD)
}

/// The code that an app with this secret shows.
fn code_of(secret: &str, world: &World, seconds_later: i64) -> SecretString {
    let secret = Secret::try_from_base32(secret).unwrap();
    let totp = Builder::new().with_secret(secret).with_account_name("x").build().unwrap();
    let time = u64::try_from(world.clock.now().timestamp() + seconds_later).unwrap();
    SecretString::from(totp.generate(time).to_string())
}

/// Sets an app up; gives its secret and the recovery codes.
async fn with_app(world: &World) -> (String, Vec<String>) {
    let begun = identity::start_code_app(&world.cat, &world.human, &password()).await.unwrap();
    let token = SecretString::from(begun.token);
    let code = code_of(&begun.secret, world, 0);
    let codes = identity::confirm_code_app(&world.cat, &world.human, &token, &code).await.unwrap();
    (begun.secret, codes)
}

async fn login(cat: &Arc<Catalog>, name: &str) -> Result<Login, CatalogError> {
    session::login(cat, name, &password(), LoginOrigin::default(), None).await
}

async fn asked(world: &World) -> SecondFactor {
    match login(&world.cat, "anna").await.unwrap() {
        Login::SecondFactor(asked) => asked,
        Login::Done(_) => panic!("no second factor was asked for"),
    }
}

async fn answer(world: &World, token: &SecretString, code: &SecretString) -> Result<NewSession, CatalogError> {
    identity::answer_second_factor(&world.cat, token, Proof::Code(code.clone()), None, LoginOrigin::default()).await
}

#[track_caller]
fn is_unauthenticated<T: std::fmt::Debug>(answer: Result<T, CatalogError>) {
    assert!(matches!(answer, Err(CatalogError::Unauthenticated(_))), "{answer:?}");
}

#[tokio::test]
async fn a_code_logs_in_once_and_older_ones_count_no_more() {
    let world = World::new().await;
    let (secret, _) = with_app(&world).await;
    let used = code_of(&secret, &world, 0);
    let first = asked(&world).await;
    assert!(first.takes_code && first.passkey.is_none());
    is_unauthenticated(answer(&world, &first.token, &used).await); // it was used to set the app up
    let next = code_of(&secret, &world, 30);
    let session = answer(&world, &first.token, &next).await.unwrap();
    assert_eq!(session::signed_in_from_session(&world.cat, &session.token).await.unwrap().username(), "anna");
    is_unauthenticated(answer(&world, &first.token, &next).await); // the token is used up

    let second = asked(&world).await;
    for replayed in [&next, &used] {
        is_unauthenticated(answer(&world, &second.token, replayed).await);
    }
    world.clock.advance(TimeDelta::seconds(60));
    let fresh = code_of(&secret, &world, 0);
    let elsewhere = world.replica().await;
    let proof = Proof::Code(fresh);
    let through = identity::answer_second_factor(&elsewhere, &second.token, proof, None, LoginOrigin::default()).await;
    assert!(through.is_ok(), "any replica takes the next step: {through:?}");
}

#[tokio::test]
async fn codes_too_far_from_now_are_wrong() {
    let world = World::new().await;
    let (secret, _) = with_app(&world).await;
    world.clock.advance(TimeDelta::minutes(10));
    for (seconds, counts) in [(-60, false), (60, false), (-30, true), (30, true)] {
        let asked = asked(&world).await;
        let answered = answer(&world, &asked.token, &code_of(&secret, &world, seconds)).await;
        assert_eq!(answered.is_ok(), counts, "{seconds} s away: {answered:?}");
    }
}

#[tokio::test]
async fn a_recovery_code_works_once_and_new_ones_replace_it() {
    let world = World::new().await;
    let (_, codes) = with_app(&world).await;
    assert_eq!(codes.len(), 10);
    let code = |index: usize| SecretString::from(codes.get(index).unwrap().to_uppercase());
    let first = asked(&world).await;
    answer(&world, &first.token, &code(0)).await.unwrap();
    let second = asked(&world).await;
    is_unauthenticated(answer(&world, &second.token, &code(0)).await);
    let left = identity::own_account(&world.cat, &world.human).await.unwrap().recovery_codes;
    assert_eq!(left, 9);
    let renewed = identity::renew_recovery_codes(&world.cat, &world.human, &password()).await.unwrap();
    is_unauthenticated(answer(&world, &second.token, &code(1)).await);
    answer(&world, &second.token, &SecretString::from(renewed.first().unwrap().as_str())).await.unwrap();
}

#[tokio::test]
async fn guessing_codes_ends_and_the_owner_still_gets_in() {
    let world = World::new().await;
    let (secret, codes) = with_app(&world).await;
    world.clock.advance(TimeDelta::minutes(1));
    let code = code_of(&secret, &world, 0);
    assert!(session::signed_in_from_password(&world.cat, "anna", &password(), Some(&code)).await.is_ok());
    let wrong = SecretString::from("000000");
    let first = asked(&world).await;
    for _ in 0..5 {
        is_unauthenticated(answer(&world, &first.token, &wrong).await);
    }
    world.clock.advance(TimeDelta::seconds(60));
    // Of one login five answers count, whatever they are.
    is_unauthenticated(answer(&world, &first.token, &code_of(&secret, &world, 0)).await);
    let second = asked(&world).await;
    for _ in 0..5 {
        let _ = answer(&world, &second.token, &wrong).await;
    }
    let third = asked(&world).await;
    is_unauthenticated(answer(&world, &third.token, &code_of(&secret, &world, 0)).await);
    let recovery = SecretString::from(codes.first().unwrap().as_str());
    is_unauthenticated(answer(&world, &third.token, &recovery).await);
    world.clock.advance(TimeDelta::minutes(16));
    let later = asked(&world).await;
    assert!(answer(&world, &later.token, &code_of(&secret, &world, 0)).await.is_ok(), "it goes on after a while");
    let refused =
        world.text("SELECT CAST(count(*) AS TEXT) FROM audit_events WHERE action = 'session.code_refused'").await;
    assert_eq!(refused, "10", "each is on record until none is taken any more");
}

#[tokio::test]
async fn on_the_command_line_a_password_alone_is_not_enough_either() {
    let world = World::new().await;
    let (secret, _) = with_app(&world).await;
    let without = session::signed_in_from_password(&world.cat, "anna", &password(), None).await;
    assert_eq!(refusal(without).kind, FailureKind::Forbidden);
    let wrong = SecretString::from("000000");
    is_unauthenticated(session::signed_in_from_password(&world.cat, "anna", &password(), Some(&wrong)).await);
    let code = code_of(&secret, &world, 30);
    let proven = session::signed_in_from_password(&world.cat, "anna", &password(), Some(&code)).await.unwrap();
    assert!(proven.admin().is_ok());
    is_unauthenticated(session::signed_in_from_password(&world.cat, "anna", &password(), Some(&code)).await);
}

#[tokio::test]
async fn a_step_ends_after_ten_minutes_and_with_the_account() {
    let world = World::new().await;
    let (secret, _) = with_app(&world).await;
    let slow = asked(&world).await;
    world.clock.advance(TimeDelta::minutes(11));
    is_unauthenticated(answer(&world, &slow.token, &code_of(&secret, &world, 0)).await);
    let cut = asked(&world).await;
    let new = SecretString::from("another good one");
    session::change_password(&world.cat, &world.human, &password(), &new).await.unwrap();
    is_unauthenticated(answer(&world, &cut.token, &code_of(&secret, &world, 0)).await);
}

#[tokio::test]
async fn the_secret_of_an_app_is_sealed_and_codes_are_hashed() {
    let world = World::new().await;
    let (secret, codes) = with_app(&world).await;
    let encode = if world.is_postgres() { "encode(secret, 'escape')" } else { "hex(secret)" };
    let stored = world.text(&format!("SELECT {encode} FROM code_apps")).await;
    let in_hex: String = secret.bytes().map(|byte| format!("{byte:02X}")).collect();
    assert!(!stored.contains(&secret) && !stored.contains(&in_hex), "the secret stands in the database");
    let hash = world.text("SELECT min(code_hash) FROM recovery_codes").await;
    let of_codes = codes.iter().map(|code| mcpbox_core::token::TokenHash::of(&code.replace('-', "")));
    assert!(of_codes.map(|hash| hash.as_str().to_owned()).any(|known| known == hash), "{hash}");
}

async fn signed_in(world: &World, name: &str) -> SignedIn {
    session::signed_in_from_password(&world.cat, name, &password(), None).await.unwrap()
}

#[tokio::test]
async fn only_its_role_makes_a_reviewer_or_an_admin_of_somebody() {
    let world = World::new().await;
    add_user(&world.store, ("vera", PASSWORD), Role::Viewer, world.clock.now()).await;
    add_user(&world.store, ("rita", PASSWORD), Role::Reviewer, world.clock.now()).await;
    for (name, reviews, administers) in [("vera", false, false), ("rita", true, false), ("anna", true, true)] {
        let human = signed_in(&world, name).await;
        assert_eq!((human.clone().reviewer().is_ok(), human.admin().is_ok()), (reviews, administers), "{name}");
    }
    let vera = signed_in(&world, "vera").await;
    let tool = world.live("s", "add", crate::support::ADD).await;
    let called = mcpbox_catalog::call::call_tool(
        &world.cat,
        &vera,
        &tool,
        serde_json::Map::new(),
        Arc::new(mcpbox_core::execute::Unobserved),
    );
    assert_eq!(called.await.result.unwrap_err().kind, FailureKind::Forbidden);
    let stop = mcpbox_catalog::author::stop_server(&world.cat, &vera, "s").await;
    assert_eq!(refusal(stop).kind, FailureKind::Forbidden);
    assert!(mcpbox_catalog::author::get_tool(&world.cat, &vera, &tool).await.is_ok(), "viewers read");
    let rita = signed_in(&world, "rita").await;
    let delete = mcpbox_catalog::author::delete_server(&world.cat, &rita, "s").await;
    assert_eq!(refusal(delete).kind, FailureKind::Forbidden);
}

#[tokio::test]
async fn a_disabled_user_is_out_on_every_replica_at_once() {
    let world = World::new().await;
    let elsewhere = world.replica().await;
    let id = add_user(&world.store, ("rita", PASSWORD), Role::Reviewer, world.clock.now()).await;
    let Login::Done(session) = login(&elsewhere, "rita").await.unwrap() else { panic!("a second factor is wanted") };
    let mut events = world.cat.subscribe();
    let change = UserChange { role: None, is_disabled: Some(true) };
    identity::change_user(&world.cat, &world.human, id, change).await.unwrap();
    is_unauthenticated(session::signed_in_from_session(&elsewhere, &session.token).await);
    is_unauthenticated(login(&elsewhere, "rita").await);
    // Open event streams learn of it by this; how it gets to other processes is tested with the replicas.
    let told = std::iter::from_fn(|| events.try_recv().ok());
    assert!(told.into_iter().any(|event| event == mcpbox_core::event::LiveEvent::SessionsChanged));
}

#[tokio::test]
async fn two_admins_cannot_remove_each_other() {
    let world = World::new().await;
    let ben = add_user(&world.store, ("ben", PASSWORD), Role::Admin, world.clock.now()).await;
    let ben_himself = signed_in(&world, "ben").await.admin().unwrap();
    let (of_ben, of_anna) = tokio::join!(
        identity::delete_user(&world.cat, &world.human, ben),
        identity::delete_user(&world.cat, &ben_himself, world.human.user_id()),
    );
    assert_eq!(usize::from(of_ben.is_ok()) + usize::from(of_anna.is_ok()), 1, "{of_ben:?} {of_anna:?}");
}

#[tokio::test]
async fn recovery_gives_back_the_account_without_its_second_factors() {
    let world = World::new().await;
    with_app(&world).await;
    let Err(error) = identity::recover_admin(&world.cat, "nobody", &password()).await else {
        panic!("nobody is there")
    };
    assert!(error.to_string().contains("nobody"));
    let new = SecretString::from("another good one");
    identity::recover_admin(&world.cat, "anna", &new).await.unwrap();
    is_unauthenticated(login(&world.cat, "anna").await);
    let back = session::login(&world.cat, "anna", &new, LoginOrigin::default(), None).await.unwrap();
    assert!(matches!(back, Login::Done(_)), "{back:?}");
    let users = identity::users(&world.cat, &world.human, PageRequest::default()).await.unwrap();
    let anna = users.items.first().unwrap();
    assert!(!anna.has_code_app && anna.role == Role::Admin);
}
