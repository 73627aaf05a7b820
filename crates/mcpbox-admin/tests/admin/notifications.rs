//! Where notifications go: addresses and keys go in and never come out.

use serde_json::{Value, json};

use crate::support::Fixture;

const URL: &str = "https://discord.test/api/webhooks/123/very-secret-part";
const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

#[tokio::test]
async fn an_address_is_never_returned_by_any_list_audit_or_problem() {
    let fixture = Fixture::start().await;
    let admin = fixture.admin().await;
    let made =
        admin.post("/api/notifications", json!({"name": "Team", "kind": "webhook", "url": URL, "key": KEY})).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let target = made.json();
    assert_eq!(
        (&target["host"], &target["has_key"], &target["is_on"]),
        (&json!("discord.test"), &json!(true), &json!(true))
    );
    let usual = [
        "review_waiting",
        "granted_get",
        "sandbox_failure",
        "tier_drop",
        "error_rate",
        "disk_full",
        "backup_failed",
        "source_down",
        "tool_quarantined",
    ];
    assert_eq!((&target["events"], &target["last"]), (&json!(usual), &Value::Null));
    let path = format!("/api/notifications/{}", target["id"].as_str().unwrap());
    let other = "https://ntfy.test/very-secret-part";
    let changed = admin.patch(&path, json!({"url": other, "is_on": false, "events": ["rule_approved"]})).await;
    assert_eq!(changed.status, 200, "{}", changed.text());
    let now = changed.json();
    assert_eq!(
        (&now["host"], &now["has_key"]),
        (&json!("ntfy.test"), &json!(false)),
        "the old key does not go elsewhere"
    );
    assert_eq!((&now["is_on"], &now["events"]), (&json!(false), &json!(["rule_approved"])));
    let mut seen = made.text() + &changed.text();
    for path in ["/api/notifications", "/api/audit", "/api/settings", "/api/connection"] {
        seen.push_str(&admin.get(path).await.text());
    }
    assert!(!seen.contains("very-secret-part") && !seen.contains(KEY), "{seen}");
    for action in ["notification.create", "notification.change"] {
        assert!(seen.contains(action), "{action} is not in the audit");
    }
    assert_eq!(admin.delete(&path).await.status, 204);
    admin.delete(&path).await.assert_problem(404, "not_found");
    assert_eq!(admin.get("/api/notifications").await.json()["total"], 0);
}

#[tokio::test]
async fn what_cannot_work_is_refused_without_an_echo() {
    let fixture = Fixture::start().await;
    let admin = fixture.admin().await;
    let body = |kind: &str, url: &str| json!({"name": "x", "kind": kind, "url": url});
    let with = |mut body: Value, field: &str, value: Value| {
        body[field] = value;
        body
    };
    let refused = [
        body("discord", "http://127.0.0.1:9/very-secret-part"),
        body("slack", "http://[::1]/very-secret-part"),
        body("webhook", "http://169.254.169.254/very-secret-part"),
        body("webhook", "https://user:very-secret-part@a.test/"),
        body("webhook", "file:///very-secret-part"),
        body("ntfy", "https://ntfy.test/very-secret-part/topic"),
        with(body("webhook", URL), "key", json!("very-secret-part")),
        with(body("discord", URL), "key", json!("very-secret-part")),
        with(body("webhook", URL), "events", json!([])),
        with(body("webhook", URL), "name", json!(" ")),
        with(body("webhook", URL), "name", json!("a\nb")),
    ];
    for body in refused {
        let answer = admin.post("/api/notifications", body.clone()).await;
        answer.assert_problem(422, "invalid_arguments");
        assert!(!answer.text().contains("very-secret-part"), "{body}: {}", answer.text());
    }
    let unreadable = admin.post("/api/notifications", with(body("pager", URL), "url", json!([URL]))).await;
    assert!(!unreadable.text().contains("very-secret-part"), "{}", unreadable.text());
    admin.post("/api/notifications", body("webhook", URL)).await;
    admin.post("/api/notifications", body("webhook", URL)).await.assert_problem(409, "conflict");
    for number in 1..20 {
        let made =
            admin.post("/api/notifications", with(body("webhook", URL), "name", json!(format!("{number}")))).await;
        assert_eq!(made.status, 201, "{}", made.text());
    }
    let many = admin.post("/api/notifications", with(body("webhook", URL), "name", json!("one more"))).await;
    many.assert_problem(409, "conflict");
}
