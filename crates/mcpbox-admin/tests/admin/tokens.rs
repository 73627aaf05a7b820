//! Personal access tokens: shown once, revoked at once.

use serde_json::json;

use crate::support::Fixture;

#[tokio::test]
async fn a_token_is_shown_once_and_never_again() {
    let fixture = Fixture::start().await;
    let admin = fixture.admin().await;
    let body = json!({"name": "laptop", "scopes": ["mcp:tools", "mcp:author"], "expires_at": "2100-01-01T00:00:00Z"});
    let made = admin.post("/api/tokens", body).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let made = made.json();
    let secret = made["secret"].as_str().unwrap().to_owned();
    assert!(secret.starts_with("mcpb_pat_"), "{made}");
    let listed = admin.get("/api/tokens").await.json();
    let token = &listed["items"][0];
    assert_eq!((&token["name"], &token["scopes"]), (&json!("laptop"), &json!(["mcp:tools", "mcp:author"])), "{listed}");
    assert_eq!((&token["created_by"]["name"], &token["last_used_at"]), (&json!("anna"), &json!(null)), "{listed}");
    let mut seen = listed.to_string();
    for path in ["/api/audit", "/api/settings", "/api/connection", "/api/export"] {
        seen.push_str(&admin.get(path).await.text());
    }
    assert!(seen.contains("token.create") && !seen.contains(&secret[9..]), "{seen}");
    let path = format!("/api/tokens/{}", token["id"].as_str().unwrap());
    assert_eq!(admin.delete(&path).await.status, 204);
    admin.delete(&path).await.assert_problem(404, "not_found");
    assert_eq!(admin.get("/api/tokens").await.json()["total"], 0);
}

#[tokio::test]
async fn a_token_that_opens_nothing_is_not_made() {
    let fixture = Fixture::start().await;
    let admin = fixture.admin().await;
    let cases = [
        (json!({"name": "x", "scopes": []}), 422),
        (json!({"name": "x", "scopes": ["everything"]}), 422),
        (json!({"name": "x", "scopes": ["server:nowhere"]}), 404),
        (json!({"name": "", "scopes": ["mcp:tools"]}), 422),
        (json!({"name": "x", "scopes": ["mcp:tools"], "expires_at": "2001-01-01T00:00:00Z"}), 422),
    ];
    for (body, status) in cases {
        assert_eq!(admin.post("/api/tokens", body.clone()).await.status, status, "{body}");
    }
}

#[tokio::test]
async fn a_scope_has_one_spelling() {
    let fixture = Fixture::start().await;
    let admin = fixture.admin().await;
    for wrong in [json!("tools"), json!({"server": "weather"}), json!("server:A b"), json!("mcp:*"), json!(1)] {
        let refused = admin.post("/api/tokens", json!({"name": "x", "scopes": [wrong]})).await;
        assert_eq!(refused.status, 422, "{wrong}: {}", refused.text());
        assert!(
            wrong.is_object() || wrong == 1 || refused.text().contains("mcp:tools, mcp:author or server:NAME"),
            "{}",
            refused.text()
        );
    }
}
