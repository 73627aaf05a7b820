//! Accounts and sessions.

use chrono::TimeDelta;
use mcpbox_catalog::{
    CatalogError,
    session::{self, FirstAdmin, Login, LoginOrigin, NewSession, SetupProof},
};
use mcpbox_core::failure::FailureKind;
use secrecy::{ExposeSecret, SecretString};

use crate::support::{PASSWORD, World, refusal};

fn opened(login: Login) -> NewSession {
    let Login::Done(session) = login else { panic!("a second factor is wanted") };
    session
}

fn first(proof: SetupProof) -> FirstAdmin {
    FirstAdmin { proof, username: " anna ".into(), password: SecretString::from(PASSWORD) }
}

#[tokio::test]
async fn the_first_admin_needs_the_newest_one_time_token() {
    let (cat, _database) = World::without_admin().await;
    assert!(!session::has_admin(&cat).await.unwrap());
    let old = session::new_setup_token(&cat).await.unwrap();
    let token = session::new_setup_token(&cat).await.unwrap();
    for wrong in [old, SecretString::from("guess")] {
        let refused = session::create_first_admin(&cat, first(SetupProof::Token(wrong))).await.unwrap_err();
        assert!(matches!(refused, CatalogError::Unauthenticated(_)), "{refused:?}");
    }
    let short = FirstAdmin { password: SecretString::from("short"), ..first(SetupProof::Local) };
    assert_eq!(refusal(session::create_first_admin(&cat, short).await).kind, FailureKind::InvalidArguments);
    let account = session::create_first_admin(&cat, first(SetupProof::Token(token.clone()))).await.unwrap();
    assert_eq!(account.username, "anna");
    for proof in [SetupProof::Token(token), SetupProof::Local] {
        assert!(session::create_first_admin(&cat, first(proof)).await.is_err());
    }
    assert_eq!(refusal(session::new_setup_token(&cat).await).kind, FailureKind::Conflict);
    assert!(
        session::login(&cat, "anna", &SecretString::from(PASSWORD), LoginOrigin::default(), None).await.is_ok(),
        "a hash of our own can be verified"
    );
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_user_get_the_same_answer() {
    let world = World::new().await;
    let refused = |user: &'static str, password: &'static str| {
        let cat = world.cat.clone();
        async move {
            session::login(&cat, user, &SecretString::from(password), LoginOrigin::default(), None)
                .await
                .unwrap_err()
                .to_string()
        }
    };
    assert_eq!(refused("anna", "wrong wrong").await, refused("nobody", PASSWORD).await);
    let by_password =
        session::signed_in_from_password(&world.cat, "anna", &SecretString::from("wrong wrong"), None).await;
    assert!(matches!(by_password.unwrap_err(), CatalogError::Unauthenticated(_)));
}

#[tokio::test]
async fn a_session_lives_while_it_is_used_and_at_most_seven_days() {
    let world = World::new().await;
    let password = SecretString::from(PASSWORD);
    let login = opened(session::login(&world.cat, "anna", &password, LoginOrigin::default(), None).await.unwrap());
    assert_eq!(login.token.expose_secret().len(), 64);
    for _ in 0..15 {
        world.clock.advance(TimeDelta::hours(11));
        let reviewer = session::signed_in_from_session(&world.cat, &login.token).await.unwrap();
        assert_eq!(reviewer.username(), "anna");
    }
    world.clock.advance(TimeDelta::hours(4));
    let ended = session::signed_in_from_session(&world.cat, &login.token).await.unwrap_err();
    assert!(matches!(ended, CatalogError::Unauthenticated(_)));

    let idle = opened(session::login(&world.cat, "anna", &password, LoginOrigin::default(), None).await.unwrap());
    world.clock.advance(TimeDelta::hours(13));
    assert!(session::signed_in_from_session(&world.cat, &idle.token).await.is_err());
    assert!(session::signed_in_from_session(&world.cat, &SecretString::from("guess")).await.is_err());
}

#[tokio::test]
async fn logging_out_and_changing_the_password_end_sessions() {
    let world = World::new().await;
    let password = SecretString::from(PASSWORD);
    let login = || session::login(&world.cat, "anna", &password, LoginOrigin::default(), None);
    let (first, second) = (opened(login().await.unwrap()), opened(login().await.unwrap()));
    session::logout(&world.cat, &first.token).await.unwrap();
    assert!(session::signed_in_from_session(&world.cat, &first.token).await.is_err());
    let reviewer = session::signed_in_from_session(&world.cat, &second.token).await.unwrap();
    let (old, new) = (SecretString::from(PASSWORD), SecretString::from("another good one"));
    let wrong = session::change_password(&world.cat, &reviewer, &new, &new).await.unwrap_err();
    assert!(matches!(wrong, CatalogError::Unauthenticated(_)));
    session::change_password(&world.cat, &reviewer, &old, &new).await.unwrap();
    assert!(session::signed_in_from_session(&world.cat, &second.token).await.is_err());
    assert!(login().await.is_err());
    assert!(session::login(&world.cat, "anna", &new, LoginOrigin::default(), None).await.is_ok());
}
