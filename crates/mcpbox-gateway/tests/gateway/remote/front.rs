//! The trusted front: what its token opens, and that nothing else of it does.

use mcpbox_catalog::review;
use mcpbox_core::front::TrustedFront;
use mcpbox_gateway::{GatewayConfig, Rates, Remote};
use mcpbox_listen::LoginLimit;
use mcpbox_store::audit;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::PUBLIC;
use crate::support::{
    TestBox,
    client::{Raw, answer},
};

const TOKEN: (&str, &str) = ("x-mcpbox-service-token", "the-token-of-the-front");
const ADA: (&str, &str) = ("x-mcpbox-user-email", "ada@example.com");
const BOTH: (&str, &str) = ("x-mcpbox-scope", "mcp:tools mcp:author");

fn trusted() -> TrustedFront {
    TrustedFront::new(TOKEN.1, [ADA.1]).unwrap()
}

/// A box with remote access, before which the operator put a front, if any.
async fn remote_box(front: Option<TrustedFront>) -> TestBox {
    let remote = Some(Remote {
        public_url: PUBLIC.to_owned(),
        rates: Rates::off(),
        logins: LoginLimit::per_minute(None),
        hsts: false,
    });
    TestBox::with(GatewayConfig { remote, front, ..GatewayConfig::default() }).await
}

async fn ask(it: &TestBox, method: &str, params: Value, of_front: &[(&str, &str)]) -> (StatusCode, Value) {
    let client = Raw::modern(&it.url);
    let (body, headers) = client.message(method, params);
    let mut headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    headers.extend(of_front);
    let response = client.post(&body, &headers).await;
    let status = response.status();
    assert!(status != StatusCode::FORBIDDEN || !response.headers().contains_key("www-authenticate"));
    (status, answer(response).await)
}

fn make(name: &str) -> Value {
    json!({"name": "mcpbox_create_server", "arguments": {"name": name}})
}

/// Who made the only server, by the audit log.
async fn maker(it: &TestBox) -> String {
    let made = audit::walk(&it.store.reader(), &["server.create"], None, 0).await.unwrap();
    assert_eq!(made.len(), 1);
    made[0].actor.name.clone()
}

#[tokio::test]
async fn only_the_token_makes_a_front_and_a_wrong_one_is_no_reason_to_sign_in_again() {
    let it = remote_box(Some(trusted())).await;
    for wrong in [
        vec![("x-mcpbox-service-token", "another"), ADA],
        vec![ADA],
        vec![("x-mcpbox-anything", "1")],
        vec![TOKEN, ("x-mcpbox-user-email", "eve@example.com")],
        vec![TOKEN, ADA, ("x-mcpbox-user-email", "eve@example.com")],
    ] {
        assert_eq!(ask(&it, "tools/list", json!({}), &wrong).await.0, StatusCode::FORBIDDEN, "{wrong:?}");
    }
    assert_eq!(ask(&it, "tools/list", json!({}), &[]).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(ask(&it, "tools/list", json!({}), &[TOKEN, ADA]).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_person_does_what_was_allowed_under_their_own_name() {
    let it = remote_box(Some(trusted())).await;
    let (status, made) = ask(&it, "tools/call", make("of_ada"), &[TOKEN, ADA, BOTH]).await;
    assert_eq!((status, &made["result"]["isError"]), (StatusCode::OK, &json!(false)), "{made}");
    assert_eq!(maker(&it).await, "ada@example.com");
    let client = Raw::modern(&it.url);
    let (body, headers) = client.message("tools/call", make("not_allowed"));
    let mut headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    headers.extend([TOKEN, ADA]);
    let refused = client.post(&body, &headers).await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    assert!(refused.headers()["www-authenticate"].to_str().unwrap().contains("insufficient_scope"));
}

#[tokio::test]
async fn without_a_person_only_what_there_is_may_be_asked() {
    let it = remote_box(Some(trusted())).await;
    assert_eq!(ask(&it, "tools/list", json!({}), &[TOKEN]).await.0, StatusCode::OK);
    let (status, refused) = ask(&it, "tools/call", make("of_nobody"), &[TOKEN, BOTH]).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(refused["error"]["message"].as_str().unwrap().contains("named no person"), "{refused}");
}

#[tokio::test]
async fn a_front_of_the_settings_counts_at_once_and_ends_at_once() {
    let it = remote_box(None).await;
    assert_eq!(ask(&it, "tools/list", json!({}), &[TOKEN, ADA]).await.0, StatusCode::FORBIDDEN);
    for (front, status) in [(Some(trusted()), StatusCode::OK), (None, StatusCode::FORBIDDEN)] {
        let mut settings = it.catalog.snapshot().settings().clone();
        settings.front = front;
        review::set_settings(&it.catalog, &it.reviewer, settings).await.unwrap();
        assert_eq!(ask(&it, "tools/list", json!({}), &[TOKEN, ADA]).await.0, status);
    }
}

#[tokio::test]
async fn the_open_listener_believes_no_front() {
    let it = TestBox::with(GatewayConfig { front: Some(trusted()), ..GatewayConfig::default() }).await;
    // What only a front sends did not come from this machine.
    assert_eq!(ask(&it, "tools/call", make("local"), &[TOKEN, ADA, BOTH]).await.0, StatusCode::FORBIDDEN);
    assert_eq!(ask(&it, "tools/call", make("local"), &[]).await.0, StatusCode::OK);
    assert_ne!(maker(&it).await, "ada@example.com");
}
