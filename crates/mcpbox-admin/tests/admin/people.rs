//! Users as an admin sees them over the API: invited by a link, changed, gone.

use mcpbox_core::user::Role;
use serde_json::{Value, json};

use crate::support::{Client, Fixture, PASSWORD, USER};

async fn invite(admin: &Client, name: &str, role: &str) -> (String, String) {
    let made = admin.post("/api/users", json!({"username": name, "role": role})).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let link = made.json();
    let (page, token) = link["url"].as_str().unwrap().split_once("#token=").unwrap();
    assert_eq!(page, "http://localhost/welcome");
    (link["user"]["id"].as_str().unwrap().to_owned(), token.to_owned())
}

async fn found(admin: &Client, name: &str) -> Value {
    let users = admin.get("/api/users").await.json();
    users["items"].as_array().unwrap().iter().find(|user| user["username"] == name).unwrap().clone()
}

#[tokio::test]
async fn a_link_lets_its_human_in_once() {
    let fixture = Fixture::start().await;
    let admin = fixture.admin().await;
    let (_, token) = invite(&admin, "rita", "reviewer").await;
    assert_eq!(found(&admin, "rita").await["has_password"], false);
    admin.post("/api/users", json!({"username": "rita", "role": "viewer"})).await.assert_problem(409, "conflict");

    let browser = fixture.browser();
    let look = browser.post("/api/invitation", json!({"token": token})).await.json();
    assert_eq!(look["username"], "rita");
    let accept = json!({"token": token, "password": "a sentence of her own"});
    let short = browser.post("/api/invitation/accept", json!({"token": token, "password": "short"})).await;
    short.assert_problem(422, "invalid_arguments");
    let accepted = browser.post("/api/invitation/accept", accept.clone()).await;
    assert_eq!(accepted.status, 200, "{}", accepted.text());
    let me = fixture.browser().with("cookie", &accepted.cookie()).get("/api/session").await.json();
    assert_eq!((&me["username"], &me["role"]), (&json!("rita"), &json!("reviewer")));
    browser.post("/api/invitation/accept", accept).await.assert_problem(401, "unauthenticated");
    assert_eq!(found(&admin, "rita").await["invited_until"], json!(null));
}

#[tokio::test]
async fn a_new_link_replaces_the_password_and_ends_the_sessions() {
    let fixture = Fixture::start().await;
    let admin = fixture.admin().await;
    fixture.user("rita", Role::Reviewer).await;
    let rita = fixture.log_in("rita").await;
    let id = found(&admin, "rita").await["id"].as_str().unwrap().to_owned();
    let link = async || {
        let made = admin.post(&format!("/api/users/{id}/link"), json!({})).await.json();
        made["url"].as_str().unwrap().split_once("#token=").unwrap().1.to_owned()
    };
    let (old, new) = (link().await, link().await);
    assert_eq!(rita.get("/api/session").await.status, 200, "until the link is used all stays");
    let accept = |token: &str| json!({"token": token, "password": "another sentence"});
    let refused = fixture.browser().post("/api/invitation/accept", accept(&old)).await;
    refused.assert_problem(401, "unauthenticated");
    assert_eq!(fixture.browser().post("/api/invitation/accept", accept(&new)).await.status, 200);
    assert_eq!(rita.get("/api/session").await.status, 401);
    let before = fixture.browser().post("/api/session", json!({"username": "rita", "password": PASSWORD})).await;
    before.assert_problem(401, "unauthenticated");
}

#[tokio::test]
async fn who_may_less_than_before_is_logged_out_at_once() {
    let fixture = Fixture::start().await;
    let admin = fixture.admin().await;
    fixture.user("rita", Role::Reviewer).await;
    let id = found(&admin, "rita").await["id"].as_str().unwrap().to_owned();
    let path = format!("/api/users/{id}");

    let rita = fixture.log_in("rita").await;
    let promoted = admin.patch(&path, json!({"role": "admin"})).await;
    assert_eq!(promoted.json()["role"], "admin", "{}", promoted.text());
    assert_eq!(rita.get("/api/users").await.status, 200, "the new role counts at once");
    admin.patch(&path, json!({"role": "viewer"})).await;
    assert_eq!(rita.get("/api/session").await.status, 401);

    let rita = fixture.log_in("rita").await;
    assert_eq!(admin.patch(&path, json!({"is_disabled": true})).await.status, 200);
    assert_eq!(rita.get("/api/session").await.status, 401);
    let login = json!({"username": "rita", "password": PASSWORD});
    fixture.browser().post("/api/session", login.clone()).await.assert_problem(401, "unauthenticated");
    fixture.cli().password("rita", PASSWORD).get("/api/session").await.assert_problem(401, "unauthenticated");
    assert_eq!(admin.patch(&path, json!({"is_disabled": false})).await.status, 200);

    let rita = fixture.log_in("rita").await;
    assert_eq!(admin.delete(&path).await.status, 204);
    assert_eq!(rita.get("/api/session").await.status, 401);
    fixture.browser().post("/api/session", login).await.assert_problem(401, "unauthenticated");
    let audit = admin.get("/api/audit?action=user.delete").await.json();
    assert_eq!(
        (&audit["items"][0]["actor"]["name"], &audit["items"][0]["detail"]["username"]),
        (&json!(USER), &json!("rita"))
    );
}

#[tokio::test]
async fn the_last_admin_that_can_log_in_stays_one() {
    let fixture = Fixture::start().await;
    let admin = fixture.admin().await;
    // An admin without a password cannot log in yet, so it does not count.
    invite(&admin, "adam", "admin").await;
    let path = format!("/api/users/{}", found(&admin, USER).await["id"].as_str().unwrap());
    for change in [json!({"role": "reviewer"}), json!({"is_disabled": true})] {
        let refused = admin.patch(&path, change).await;
        let problem = refused.assert_problem(409, "conflict");
        assert!(problem["detail"].as_str().unwrap().contains("last admin"), "{problem}");
    }
    admin.delete(&path).await.assert_problem(409, "conflict");
    fixture.user("eva", Role::Admin).await;
    assert_eq!(admin.delete(&path).await.status, 204);
}

#[tokio::test]
async fn what_proves_an_account_changes_only_with_its_password() {
    let fixture = Fixture::start().await;
    let admin = fixture.admin().await;
    for path in ["/api/account/code-app", "/api/account/recovery-codes", "/api/account/code-app/remove"] {
        let refused = admin.post(path, json!({"password": "wrong horse battery"})).await;
        let problem = refused.assert_problem(403, "forbidden");
        assert!(problem["detail"].as_str().unwrap().contains("not your password"), "{problem}");
    }
    let begun = admin.post("/api/account/code-app", json!({"password": PASSWORD})).await.json();
    assert!(begun["url"].as_str().unwrap().starts_with("otpauth://totp/"), "{begun}");
    assert_eq!(admin.get("/api/account").await.json()["code_app"], json!(null), "nothing changed yet");
    let wrong = admin.put("/api/account/code-app", json!({"token": begun["token"], "code": "abc"})).await;
    wrong.assert_problem(422, "invalid_arguments");
    // On an address instead of a name there are no passkeys, and the answer says where there are.
    let passkey = admin.post("/api/account/passkeys", json!({"password": PASSWORD})).await;
    let problem = passkey.assert_problem(422, "invalid");
    assert!(problem["detail"].as_str().unwrap().contains("localhost"), "{problem}");
}
