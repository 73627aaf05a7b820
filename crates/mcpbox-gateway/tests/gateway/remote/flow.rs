//! From a client that knows only the address to one that calls, and back out.

use mcpbox_catalog::oauth;
use mcpbox_core::{paging::PageRequest, principal::Scope};
use reqwest::StatusCode;
use serde_json::json;

use super::{
    PUBLIC,
    login::{Form, Login, VERIFIER, text},
    remote_box,
};
use crate::support::{TestBox, client::Raw, double::ADD};

const BACK: &str = "http://127.0.0.1:7777/callback";
const BOTH: &[Scope] = &[Scope::Tools, Scope::Author];

/// Status of a request with this token.
async fn knock(it: &TestBox, token: &str, method: &str, params: serde_json::Value) -> reqwest::Response {
    let client = Raw::modern(&it.url);
    let (body, headers) = client.message(method, params);
    let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    client.request(&body, &headers).header("authorization", format!("Bearer {token}")).send().await.unwrap()
}

async fn status(it: &TestBox, token: &str) -> StatusCode {
    knock(it, token, "tools/list", json!({})).await.status()
}

#[tokio::test]
async fn a_client_registers_a_human_allows_it_and_it_calls() {
    let it = remote_box().await;
    it.publish("math", "add", ADD).await;
    let login = Login::registered(&it, "Claude", BACK).await;
    let opened = login.open(&[]).await;
    assert!(opened.page.contains("Claude asks for access") && opened.page.contains("not verified"), "{}", opened.page);
    assert!(opened.page.contains("a program on the computer of this browser"));
    let code = &oauth::waiting(&it.catalog).await.unwrap()[0].code;
    assert!(opened.page.contains(code), "the page shows what the admin compares");
    let waits = login.look(&opened).await;
    assert_eq!(waits.status(), StatusCode::OK);
    login.approve(BOTH).await;
    let (to, pairs) = Login::sent_to(&login.look(&opened).await);
    let value = |name: &str| pairs.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str());
    assert_eq!((to.as_str(), value("state"), value("iss")), (BACK, Some("s t/a&te"), Some(PUBLIC)));
    let (status, answer) = login.exchange(value("code").unwrap()).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!((&answer["token_type"], &answer["expires_in"]), (&json!("Bearer"), &json!(3600)));
    assert_eq!(answer["scope"], "mcp:tools mcp:author");
    let (access, refresh) = (text(&answer, "access_token"), text(&answer, "refresh_token"));
    assert!(access.starts_with("mcpb_at_") && access.len() == 72 && refresh.starts_with("mcpb_rt_"));
    let called = knock(&it, &access, "tools/call", json!({"name": "math__add", "arguments": {"a": 2, "b": 3}})).await;
    assert_eq!(called.status(), StatusCode::OK);
    let known = oauth::authorizations(&it.catalog, PageRequest::default()).await.unwrap().items;
    assert_eq!((known[0].subject.as_str(), known[0].client_name.as_str()), ("ada", "Claude"));
}

#[tokio::test]
async fn a_code_counts_once_and_its_second_use_ends_what_the_first_gave() {
    let it = remote_box().await;
    let login = Login::registered(&it, "Twice", BACK).await;
    let code = login.code(BOTH).await;
    let (first, answer) = login.exchange(&code).await;
    assert_eq!(first, StatusCode::OK);
    let access = text(&answer, "access_token");
    assert_eq!(status(&it, &access).await, StatusCode::OK);
    let (second, refused) = login.exchange(&code).await;
    assert_eq!((second, &refused["error"]), (StatusCode::BAD_REQUEST, &json!("invalid_grant")));
    assert_eq!(status(&it, &access).await, StatusCode::UNAUTHORIZED);
    assert_eq!(login.refresh(&text(&answer, "refresh_token")).await.1["error"], "invalid_grant");
}

#[tokio::test]
async fn a_code_is_worth_nothing_to_others() {
    let it = remote_box().await;
    let login = Login::registered(&it, "Owner", BACK).await;
    let other = Login::registered(&it, "Other", BACK).await;
    let code = login.code(BOTH).await;
    assert_eq!(other.exchange(&code).await.1["error"], "invalid_grant");
    let with = |changed: (&'static str, &'static str)| {
        let plain = [
            ("grant_type", "authorization_code"),
            ("code", &*code),
            ("client_id", &*login.client_id),
            ("redirect_uri", BACK),
            ("code_verifier", VERIFIER),
            ("resource", "https://box.example.com/mcp"),
        ];
        plain.map(|(name, value)| if name == changed.0 { changed } else { (name, value) })
    };
    for (changed, error) in [
        (("code_verifier", "wrong-wrong-wrong-wrong-wrong-wrong-wrong-wrong"), "invalid_grant"),
        (("code_verifier", ""), "invalid_grant"),
        (("redirect_uri", "http://127.0.0.1:7778/callback"), "invalid_grant"),
        (("resource", "https://other.example.com/mcp"), "invalid_target"),
        (("grant_type", "password"), "unsupported_grant_type"),
        (("client_id", ""), "invalid_request"),
    ] {
        let (status, answer) = login.token(&with(changed)).await;
        assert_eq!((status, &answer["error"]), (StatusCode::BAD_REQUEST, &json!(error)), "{changed:?}");
    }
    // None of that has spent it.
    assert_eq!(login.exchange(&code).await.0, StatusCode::OK);
}

#[tokio::test]
async fn refresh_tokens_rotate_a_lost_answer_is_forgiven_and_an_old_one_ends_the_family() {
    let it = remote_box().await;
    let login = Login::registered(&it, "Rotating", BACK).await;
    let (_, first) = login.tokens(BOTH).await;
    let (_, lost) = login.refresh(&first).await;
    // The answer was lost: the same token again.
    let (again, answer) = login.refresh(&first).await;
    assert_eq!(again, StatusCode::OK);
    let second = text(&answer, "refresh_token");
    let (used, third) = login.refresh(&second).await;
    assert_eq!(used, StatusCode::OK);
    let access = text(&third, "access_token");
    assert_eq!(status(&it, &access).await, StatusCode::OK);
    // Now that its successor was used, the first one is a copy.
    let (copied, refused) = login.refresh(&first).await;
    assert_eq!((copied, &refused["error"]), (StatusCode::BAD_REQUEST, &json!("invalid_grant")));
    for token in [text(&third, "refresh_token"), text(&lost, "refresh_token"), second] {
        assert_eq!(login.refresh(&token).await.1["error"], "invalid_grant");
    }
    assert_eq!(status(&it, &access).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn what_is_revoked_is_refused_at_once() {
    let it = remote_box().await;
    let login = Login::registered(&it, "Leaving", BACK).await;
    let revoke = async |token: &str| {
        let fields = [("token", token), ("client_id", &*login.client_id)];
        let response = login.http.post(login.url("/oauth/revoke")).form_of(&fields).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
    };
    let (access, refresh) = login.tokens(BOTH).await;
    assert_eq!(status(&it, &access).await, StatusCode::OK);
    revoke("mcpb_at_unknown").await;
    revoke(&access).await;
    assert_eq!(status(&it, &access).await, StatusCode::UNAUTHORIZED);
    let (renewed, answer) = login.refresh(&refresh).await;
    assert_eq!(renewed, StatusCode::OK);
    let access = text(&answer, "access_token");
    assert_eq!(status(&it, &access).await, StatusCode::OK);
    revoke(&text(&answer, "refresh_token")).await;
    assert_eq!(status(&it, &access).await, StatusCode::UNAUTHORIZED);
    // By the admin.
    let (access, _) = login.tokens(BOTH).await;
    assert_eq!(status(&it, &access).await, StatusCode::OK);
    let all = oauth::authorizations(&it.catalog, PageRequest::default()).await.unwrap().items;
    oauth::revoke_authorization(&it.catalog, &it.reviewer, all[0].id).await.unwrap();
    assert_eq!(status(&it, &access).await, StatusCode::UNAUTHORIZED);
    // With the client itself.
    let (access, _) = login.tokens(BOTH).await;
    oauth::delete_client(&it.catalog, &it.reviewer, &login.client_id).await.unwrap();
    assert_eq!(status(&it, &access).await, StatusCode::UNAUTHORIZED);
    assert_eq!(login.get(&[]).await.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_missing_scope_is_told_with_all_that_are_needed() {
    let it = remote_box().await;
    it.publish("math", "add", ADD).await;
    let login = Login::registered(&it, "Narrow", BACK).await;
    let (access, refresh) = login.tokens(&[Scope::Tools]).await;
    let call = async |name: &str| knock(&it, &access, "tools/call", json!({"name": name, "arguments": {}})).await;
    let refused = call("mcpbox_create_server").await;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let challenge = refused.headers()["www-authenticate"].to_str().unwrap();
    let metadata = format!("resource_metadata=\"{PUBLIC}/.well-known/oauth-protected-resource/mcp\"");
    let expected = format!("Bearer error=\"insufficient_scope\", scope=\"mcp:tools mcp:author\", {metadata}");
    assert_eq!(challenge, expected);
    assert_eq!(call("mcpbox_search_tools").await.status(), StatusCode::OK);
    assert_eq!(call("math__add").await.status(), StatusCode::OK);
    let path = login
        .http
        .post(format!("{}/author", it.url))
        .header("authorization", format!("Bearer {access}"))
        .send()
        .await
        .unwrap();
    assert_eq!(path.status(), StatusCode::FORBIDDEN);
    // A refresh gives no more than was allowed.
    let fields = [
        ("grant_type", "refresh_token"),
        ("refresh_token", &*refresh),
        ("client_id", &*login.client_id),
        ("scope", "mcp:tools mcp:author"),
    ];
    assert_eq!(login.token(&fields).await.1["error"], "invalid_scope");
}
