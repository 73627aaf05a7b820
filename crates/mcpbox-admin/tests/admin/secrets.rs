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

#[tokio::test]
async fn a_value_that_is_set_goes_further_only_when_that_is_said() {
    let fixture = Fixture::start().await;
    let admin = fixture.admin().await;
    admin.post("/api/servers", json!({"name": "weather"})).await;
    let path = "/api/servers/weather/secrets/TOKEN";
    let terms = json!({"value": VALUE, "hosts": ["a.example", "b.example:8443"], "mode": "sealed"});
    admin.put(&format!("{path}/value"), terms).await;

    let narrower = admin.patch(path, json!({"hosts": ["a.example:443"]})).await;
    assert_eq!((narrower.status.as_u16(), &narrower.json()["has_value"]), (200, &json!(true)), "{}", narrower.text());
    for (change, further) in [
        (json!({"hosts": ["a.example:443", "evil.example"]}), "evil.example"),
        (json!({"hosts": ["a.example"]}), "a.example"),
        (json!({"mode": "revealed"}), "code of every tool"),
    ] {
        let refused = admin.patch(path, change.clone()).await;
        let detail = refused.assert_problem(409, "conflict")["detail"].clone();
        assert!(detail.as_str().unwrap().contains(further) && detail.as_str().unwrap().contains("widen"), "{detail}");
    }
    let listed = admin.get("/api/secrets").await.json()["items"][0].clone();
    assert_eq!((&listed["mode"], &listed["hosts"]), (&json!("sealed"), &json!([{"host": "a.example", "port": 443}])));
    assert!(listed["value_set_at"].is_string() && listed["last_used_at"].is_null(), "{listed}");

    let widened = admin.patch(path, json!({"mode": "revealed", "widen": true})).await;
    assert_eq!(widened.json()["mode"], "revealed", "{}", widened.text());
    let audit = admin.get("/api/audit?action=secret.change").await.json();
    let detail = &audit["items"][0]["detail"];
    assert_eq!((&detail["before"]["mode"], &detail["after"]["mode"]), (&json!("sealed"), &json!("revealed")));
    assert_eq!(detail["widened"].as_array().unwrap().len(), 1, "{detail}");
    assert_eq!(admin.patch(path, json!({"mode": "sealed"})).await.json()["mode"], "sealed", "back without a word");
}

#[tokio::test]
async fn a_value_too_short_to_be_found_again_cannot_be_sealed_later_either() {
    let fixture = Fixture::start().await;
    let admin = fixture.admin().await;
    admin.post("/api/servers", json!({"name": "weather"})).await;
    let path = "/api/servers/weather/secrets/PIN";
    admin.put(&format!("{path}/value"), json!({"value": " 1234 \n", "mode": "revealed"})).await;
    admin.patch(path, json!({"mode": "sealed"})).await.assert_problem(422, "invalid_arguments");
    assert_eq!(admin.delete(&format!("{path}/value")).await.json()["value_set_at"], json!(null));
    assert_eq!(admin.patch(path, json!({"mode": "sealed"})).await.status, 200, "no value, nothing to find");
    assert_eq!(admin.patch("/api/servers/weather/secrets/NONE", json!({})).await.status, 404);
}
