//! Setting up, logging in and out.

use std::time::{Duration, Instant};

use mcpbox_admin::{AdminConfig, RateLimit};
use mcpbox_catalog::session;
use secrecy::ExposeSecret;
use serde_json::json;

use crate::support::{Fixture, PASSWORD, USER, unlimited};

#[tokio::test]
async fn the_setup_link_makes_one_admin_and_then_loses_its_force() {
    let fixture = Fixture::start().await;
    assert_eq!(fixture.browser().get("/api/setup").await.json(), json!({"needed": true}));
    let token = session::new_setup_token(&fixture.catalog).await.unwrap();
    let body = json!({"token": token.expose_secret(), "username": USER, "password": PASSWORD});

    let made = fixture.browser().post("/api/setup", body.clone()).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let me = fixture.browser().with("cookie", &made.cookie()).get("/api/session").await;
    assert_eq!(me.json()["username"], USER);

    assert_eq!(fixture.browser().get("/api/setup").await.json(), json!({"needed": false}));
    let again = fixture
        .browser()
        .post("/api/setup", json!({"token": token.expose_secret(), "username": "eve", "password": PASSWORD}))
        .await;
    assert!(matches!(again.status.as_u16(), 401 | 409), "{}", again.text());
    let local = fixture.cli().post("/api/setup", json!({"username": "eve", "password": PASSWORD})).await;
    local.assert_problem(409, "conflict");
}

#[tokio::test]
async fn setup_over_the_network_needs_the_token() {
    let fixture = Fixture::start().await;
    let refused = fixture.browser().post("/api/setup", json!({"username": USER, "password": PASSWORD})).await;
    refused.assert_problem(422, "invalid");
    assert_eq!(fixture.browser().get("/api/setup").await.json(), json!({"needed": true}));
}

#[tokio::test]
async fn logging_out_ends_the_session_on_the_server() {
    let fixture = Fixture::start().await;
    let admin = fixture.admin().await;
    assert_eq!(admin.get("/api/servers").await.status, 200);
    let out = admin.delete("/api/session").await;
    assert_eq!(out.status, 204, "{}", out.text());
    assert!(out.header("set-cookie").contains("Max-Age=0"), "{:?}", out.headers);
    admin.get("/api/servers").await.assert_problem(401, "unauthenticated");
}

#[tokio::test]
async fn a_new_password_ends_all_sessions_and_the_old_one() {
    let fixture = Fixture::start().await;
    let admin = fixture.admin().await;
    let wrong = admin.put("/api/session/password", json!({"old": "not the password", "new": "another long one"})).await;
    assert_eq!(wrong.status, 401, "{}", wrong.text());
    let changed = admin.put("/api/session/password", json!({"old": PASSWORD, "new": "another long one"})).await;
    assert_eq!(changed.status, 204, "{}", changed.text());
    assert_eq!(admin.get("/api/session").await.status, 401);
    let login = async |password: &str| {
        fixture.browser().post("/api/session", json!({"username": USER, "password": password})).await
    };
    assert_eq!(login(PASSWORD).await.status, 401);
    assert_eq!(login("another long one").await.status, 200);
}

#[tokio::test]
async fn sessions_are_listed_with_where_they_come_from_and_end_at_once() {
    let fixture = Fixture::start().await;
    let here = fixture.admin().await;
    let log_in = async |browser: &str| {
        let nobody = fixture.browser().with("user-agent", browser);
        let reply = nobody.post("/api/session", json!({"username": USER, "password": PASSWORD})).await;
        fixture.browser().with("cookie", &reply.cookie())
    };
    let (phone, old, older) = (log_in("Phone/1").await, log_in("Old/1").await, log_in("Old/2").await);
    let sessions = here.get("/api/sessions").await.json();
    assert_eq!(sessions["total"], 4, "{sessions}");
    let by_browser = |name: &str| {
        let all = sessions["items"].as_array().unwrap();
        all.iter().find(|session| session["user_agent"] == name).unwrap().clone()
    };
    assert_eq!(by_browser("Phone/1")["origin"], "127.0.0.1");
    let mine: Vec<_> =
        sessions["items"].as_array().unwrap().iter().filter(|session| session["is_this"] == true).collect();
    assert_eq!((mine.len(), &phone.get("/api/sessions").await.json()["items"][2]["is_this"]), (1, &json!(true)));

    let path = format!("/api/sessions/{}", by_browser("Phone/1")["id"].as_str().unwrap());
    assert_eq!(here.delete(&path).await.status, 204);
    assert_eq!(phone.get("/api/servers").await.status, 401, "at once");
    assert_eq!(here.delete(&path).await.status, 404);
    assert_eq!(here.post("/api/sessions/end-others", json!({})).await.json(), json!({"ended": 2}));
    assert_eq!(
        (old.get("/api/session").await.status, older.get("/api/session").await.status),
        (401.try_into().unwrap(), 401.try_into().unwrap())
    );
    assert_eq!(here.get("/api/sessions").await.json()["total"], 1);
    let audit = here.get("/api/audit?action=session.end").await.json();
    let actions: Vec<_> = audit["items"].as_array().unwrap().iter().map(|event| event["action"].clone()).collect();
    assert_eq!(actions, ["session.end_others", "session.end"]);
}

#[tokio::test]
async fn the_cookie_cannot_be_read_by_scripts_or_sent_by_other_sites() {
    let fixture = Fixture::start().await;
    fixture.admin().await;
    let body = json!({"username": USER, "password": PASSWORD});
    let plain = fixture.browser().post("/api/session", body.clone()).await;
    let cookie = plain.header("set-cookie").to_owned();
    assert!(
        cookie.starts_with("mcpbox_session=") && cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"),
        "{cookie}"
    );
    assert!(!plain.text().contains(plain.cookie().split_once('=').unwrap().1), "the token stands in the body");

    let https = Fixture::start_with(AdminConfig { cookie_secure: true, ..unlimited() }).await;
    https.cli().post("/api/setup", body.clone()).await;
    let browser = https.browser().with("origin", &format!("https://{}", https.address));
    let login = browser.post("/api/session", body).await;
    let cookie = login.header("set-cookie");
    assert!(
        cookie.starts_with("__Host-mcpbox_session=") && cookie.contains("Secure") && cookie.contains("Path=/"),
        "{cookie}"
    );
    assert_eq!(browser.with("cookie", &login.cookie()).get("/api/session").await.status, 200);
}

#[tokio::test]
async fn unknown_users_and_wrong_passwords_look_and_last_the_same() {
    let fixture = Fixture::start().await;
    fixture.admin().await;
    let attempt = async |username: &str| {
        let started = Instant::now();
        let body = json!({"username": username, "password": "wrong horse battery"});
        let reply = fixture.browser().post("/api/session", body).await;
        let took = started.elapsed();
        (reply.assert_problem(401, "unauthenticated")["detail"].to_string(), took)
    };
    // The fastest of each, by turns, until they are alike: other load slows some attempts down, and none makes a hash faster.
    let (mut known, mut unknown) = (Duration::MAX, Duration::MAX);
    for _ in 0..20 {
        let (known_answer, took) = attempt(USER).await;
        known = known.min(took);
        let (unknown_answer, took) = attempt("nobody").await;
        unknown = unknown.min(took);
        assert_eq!(known_answer, unknown_answer);
        if (0.4..2.5).contains(&(known.as_secs_f64() / unknown.as_secs_f64())) {
            break;
        }
    }
    let ratio = known.as_secs_f64() / unknown.as_secs_f64();
    assert!((0.4..2.5).contains(&ratio), "known {known:?}, unknown {unknown:?}");
    assert!(unknown > Duration::from_millis(10), "an unknown user costs no password hash: {unknown:?}");
}

#[tokio::test]
async fn the_sixth_login_within_a_minute_must_wait() {
    let config = AdminConfig { rate_limit: RateLimit::default(), ..unlimited() };
    let fixture = Fixture::start_with(config).await;
    let attempt =
        async || fixture.browser().post("/api/session", json!({"username": USER, "password": PASSWORD})).await;
    for _ in 0..5 {
        assert_eq!(attempt().await.status, 401);
    }
    let limited = attempt().await;
    limited.assert_problem(429, "rate_limited");
    assert!(limited.header("retry-after").parse::<u64>().unwrap() <= 61);
    assert_eq!(fixture.browser().get("/api/setup").await.status, 200, "other requests go on");
}
