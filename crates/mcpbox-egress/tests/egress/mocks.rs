//! Canned answers: nothing goes out, and the evidence shows what would have.

use std::sync::Arc;

use mcpbox_core::execute::{HostOutcome, HttpMock};
use mcpbox_egress::{FetchRequest, Session, SessionGrants};
use serde_json::json;

use crate::support::{broker, following, get, is_denied, rules};

fn mocked(mocks: serde_json::Value) -> Session {
    let mocks: Vec<HttpMock> = serde_json::from_value(mocks).unwrap();
    let grants = SessionGrants { hosts: rules(&["granted.test"]), secrets: Vec::new(), http_mocks: Some(mocks) };
    Arc::clone(&broker(&[])).session(grants)
}

#[tokio::test]
async fn mocks_answer_by_method_and_url_without_a_grant() {
    let session = mocked(json!([
        {"url": "https://api.test/items", "body": [1, 2]},
        {"method": "POST", "url": "https://api.test/*", "status": 201, "headers": {"X-N": 5, "Set-Cookie": ["a", "b"]}, "body": "made"},
        {"url": "https://granted.test", "status": 204},
        {"url": "https://API.test:443/case"},
    ]));
    let answer = session.fetch(get("https://api.test/items")).await.unwrap();
    assert_eq!((answer.status, &answer.body[..]), (200, &b"[1,2]"[..]));
    assert_eq!(answer.headers, [("content-type".to_owned(), "application/json".to_owned())]);
    let post = FetchRequest { method: "post".to_owned(), ..get("https://api.test/anything?x") };
    let answer = session.fetch(post).await.unwrap();
    let names: Vec<&str> = answer.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!((answer.status, &answer.body[..]), (201, &b"made"[..]));
    assert_eq!(names, ["x-n", "set-cookie", "set-cookie", "content-type"]);
    assert_eq!(session.fetch(get("https://granted.test/")).await.unwrap().status, 204);
    assert_eq!(session.fetch(get("https://api.test/case")).await.unwrap().status, 200);

    let details: Vec<(HostOutcome, String)> =
        session.attempts().into_iter().map(|attempt| (attempt.outcome, attempt.detail)).collect();
    let not_granted = |status: u16| (HostOutcome::Mocked, format!("{status} (mock); the host is not granted yet"));
    assert_eq!(
        details,
        [not_granted(200), not_granted(201), (HostOutcome::Mocked, "204 (mock)".to_owned()), not_granted(200)]
    );
}

#[tokio::test]
async fn what_is_not_mocked_is_refused_even_when_granted() {
    let session = mocked(json!([{"method": "GET", "url": "https://granted.test/a"}]));
    for request in [
        get("https://granted.test/b"),
        get("http://granted.test/a"),
        FetchRequest { method: "PUT".to_owned(), ..get("https://granted.test/a") },
        get("https://granted.test/a?b"),
    ] {
        let error = session.fetch(request).await.unwrap_err();
        assert!(is_denied(&error) && error.message.contains("only mocked URLs answer"), "{error:?}");
    }
    assert!(session.attempts().iter().all(|attempt| attempt.outcome == HostOutcome::Denied));
    assert!(session.fetch(get("file:///etc/passwd")).await.is_err());
}

#[tokio::test]
async fn mocked_redirects_are_followed_to_mocks() {
    let session = mocked(json!([
        {"url": "https://api.test/old", "status": 301, "headers": {"Location": "/new"}},
        {"url": "https://api.test/new", "body": {"a": 1}},
    ]));
    let answer = session.fetch(following("https://api.test/old")).await.unwrap();
    assert_eq!((answer.url.as_str(), &answer.body[..]), ("https://api.test/new", &br#"{"a":1}"#[..]));
    assert_eq!(session.attempts().len(), 2);
}
