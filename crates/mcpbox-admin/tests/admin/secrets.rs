//! Values of secrets go in and never come out.

use serde_json::json;

use crate::support::Fixture;

const VALUE: &str = "tok-9f8e7d6c5b4a-never-shown";

#[tokio::test]
async fn a_value_is_never_returned_by_any_list_detail_or_log() {
    let fixture = Fixture::start().await;
    let admin = fixture.admin().await;
    admin.post("/api/servers", json!({"name": "weather"})).await;
    let made = admin
        .post(
            "/api/servers/weather/secrets",
            json!({"key": "TOKEN", "description": "for the API", "hosts": ["api.example.com"]}),
        )
        .await;
    assert_eq!(made.status, 201, "{}", made.text());
    assert_eq!(made.json()["has_value"], false);

    let path = "/api/servers/weather/secrets/TOKEN/value";
    let set = admin.put(path, json!({"value": VALUE, "hosts": ["api.example.com:443"], "mode": "sealed"})).await;
    assert_eq!(set.status, 200, "{}", set.text());
    assert_eq!((&set.json()["has_value"], &set.json()["hosts"][0]["port"]), (&json!(true), &json!(443)));
    let mut seen = set.text();
    for path in [
        "/api/servers/weather/secrets",
        "/api/servers/weather",
        "/api/audit",
        "/api/grants",
        "/api/calls",
        "/api/settings",
    ] {
        let reply = admin.get(path).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.text());
        seen.push_str(&reply.text());
    }
    assert!(!seen.contains(VALUE), "{seen}");
    assert!(seen.contains("secret"), "the audit tells that a value was set");

    let cleared = admin.delete(path).await;
    assert_eq!(cleared.json()["has_value"], false, "{}", cleared.text());
    assert_eq!(admin.delete("/api/servers/weather/secrets/TOKEN").await.status, 204);
    assert_eq!(admin.get("/api/servers/weather/secrets").await.json()["total"], 0);
    assert_eq!(admin.delete("/api/servers/weather/secrets/TOKEN").await.status, 404);
}

#[tokio::test]
async fn a_refused_value_is_not_echoed_in_the_problem() {
    let fixture = Fixture::start().await;
    let admin = fixture.admin().await;
    admin.post("/api/servers", json!({"name": "weather"})).await;
    let bodies = [
        json!({"value": VALUE, "mode": "open"}),
        json!({"value": VALUE, "hosts": ["https://x"]}),
        json!({"value": [VALUE]}),
        json!({"valeu": VALUE}),
    ];
    for body in bodies {
        let refused = admin.put("/api/servers/weather/secrets/TOKEN/value", body.clone()).await;
        assert_eq!(refused.status, 422, "{body}: {}", refused.text());
        assert!(!refused.text().contains(VALUE), "{}", refused.text());
    }
}
