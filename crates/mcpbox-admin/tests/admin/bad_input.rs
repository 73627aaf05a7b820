//! Whatever arrives, the answer is a problem that helps.

use serde_json::json;

use crate::support::{Fixture, unlimited};

#[tokio::test]
async fn broken_requests_end_as_problems() {
    let fixture = Fixture::start().await;
    let admin = fixture.admin().await;
    let raw =
        async |method: &str, path: &str, body: &str| admin.send(method, path, Some(body.as_bytes().to_vec())).await;
    raw("POST", "/api/servers", "{\"name\": ").await.assert_problem(400, "malformed_json");
    raw("POST", "/api/servers", "").await.assert_problem(400, "malformed_json");
    raw("POST", "/api/servers", "[]").await.assert_problem(422, "invalid");
    raw("POST", "/api/servers", "{\"name\": 5}").await.assert_problem(422, "invalid");
    raw("POST", "/api/session", "{\"user\": \"x\"}").await.assert_problem(422, "invalid");
    raw("POST", "/api/servers", "{\"name\": \"Not A Name\"}").await.assert_problem(422, "invalid_arguments");
    let text = admin.clone().with("content-type", "text/plain");
    text.post("/api/servers", json!({"name": "a"})).await.assert_problem(415, "unsupported_media_type");

    admin.get("/api/nothing").await.assert_problem(404, "not_found");
    admin.get("/api").await.assert_problem(404, "not_found");
    admin.get("/api/").await.assert_problem(404, "not_found");
    let wrong = admin.send("PUT", "/api/servers", None).await;
    wrong.assert_problem(405, "method_not_allowed");
    assert!(wrong.header("allow").contains("POST"), "{:?}", wrong.headers);

    admin.get("/api/reviews/not-an-id").await.assert_problem(400, "malformed_path");
    admin.get("/api/calls/%FF").await.assert_problem(400, "malformed_path");
    admin.get("/api/reviews?state=strange").await.assert_problem(400, "malformed_query");
    admin.get("/api/servers?page=minus").await.assert_problem(400, "malformed_query");
    admin.get("/api/servers/none").await.assert_problem(404, "not_found");
    admin.get("/api/reviews/019a0000-0000-7000-8000-000000000000").await.assert_problem(404, "not_found");
}

#[tokio::test]
async fn a_name_that_is_taken_is_a_conflict_and_near_names_are_suggested() {
    let fixture = Fixture::start().await;
    let admin = fixture.admin().await;
    assert_eq!(admin.post("/api/servers", json!({"name": "weather"})).await.status, 201);
    admin.post("/api/servers", json!({"name": "weather"})).await.assert_problem(409, "conflict");
    let near = admin.get("/api/servers/wether").await.assert_problem(404, "not_found");
    assert!(near.to_string().contains("weather"), "{near}");
}

#[tokio::test]
async fn limits_out_of_range_change_nothing() {
    let fixture = Fixture::start().await;
    let admin = fixture.admin().await;
    admin.post("/api/servers", json!({"name": "weather"})).await;
    let limits = json!({"timeout_ms": 1, "cpu_ms": 1000, "memory_bytes": 67_108_864, "result_bytes": 4096, "stdout_bytes": 4096});
    let refused = admin.patch("/api/servers/weather", json!({"code_policy": "standard", "limits": limits})).await;
    refused.assert_problem(422, "invalid");
    assert_eq!(admin.get("/api/servers/weather").await.json()["code_policy"], "strict");
    let set = admin
        .patch("/api/servers/weather", json!({"code_policy": "standard", "description": "Forecasts"}))
        .await
        .json();
    assert_eq!((&set["code_policy"], &set["description"]), (&json!("standard"), &json!("Forecasts")));
}

#[tokio::test]
async fn a_body_over_the_cap_is_refused() {
    assert_eq!(mcpbox_admin::AdminConfig::default().max_body_bytes, 10 << 20);
    let mut config = unlimited();
    config.max_body_bytes = 4096;
    let fixture = Fixture::start_with(config).await;
    let admin = fixture.admin().await;
    let huge = json!({"name": "weather", "description": "x".repeat(5000)});
    admin.post("/api/servers", huge).await.assert_problem(413, "too_large");
}

#[tokio::test]
async fn a_panicking_handler_is_a_problem_and_the_server_goes_on() {
    let mut config = unlimited();
    config.ui =
        axum::Router::new().route("/broken", axum::routing::get(|| async { panic!("{}", "on purpose") as &str }));
    let fixture = Fixture::start_with(config).await;
    let broken = fixture.browser().get("/broken").await;
    broken.assert_problem(500, "internal");
    assert!(!broken.text().contains("on purpose"));
    assert_eq!(fixture.browser().get("/api/setup").await.status, 200);
}
