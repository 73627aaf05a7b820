//! OpenAPI documents over the API: looked at, tried, imported, and never approved.

use serde_json::{Value, json};

use crate::support::Fixture;

fn document() -> String {
    let parameter = json!({"name": "city", "in": "query", "required": true, "schema": {"type": "string"}});
    json!({"openapi": "3.0.3", "info": {"title": "Weather", "version": "2"}, "servers": [{"url": "https://api.weather.example"}],
        "paths": {"/now": {"get": {"operationId": "now", "summary": "The weather now.", "parameters": [parameter]},
                           "trace": {}},
                  "/report": {"post": {"requestBody": {"required": true, "content": {"text/csv": {}}}}}}})
    .to_string()
}

#[tokio::test]
async fn a_document_is_looked_at_tried_and_imported_as_drafts() {
    let fixture = Fixture::start().await;
    let admin = fixture.admin().await;
    let look = admin.post("/api/openapi/look", json!({"document": document()})).await.json();
    assert_eq!((&look["title"], &look["servers"][0]["is_usable"]), (&json!("Weather"), &json!(true)), "{look}");
    let ids: Vec<&Value> = look["operations"].as_array().unwrap().iter().map(|operation| &operation["id"]).collect();
    assert_eq!(ids, ["now", "POST /report"]);
    assert_eq!(look["operations"][1]["refused"], "its body is text/csv; only JSON bodies are written");
    assert_eq!(look["problems"][0]["at"], "/paths/~1now/trace");

    let mut request = json!({"document": document(), "server": "weather", "operations": ["now"], "dry_run": true});
    let trial = admin.post("/api/openapi/import", request.clone()).await.json();
    let code = trial["tools"][0]["code"].as_str().unwrap();
    assert!(code.contains("await http.get(\n        \"https://api.weather.example/now\""), "{code}");
    assert_eq!(admin.get("/api/servers").await.json()["total"], 0);

    request["dry_run"] = json!(false);
    let report = admin.post("/api/openapi/import", request.clone()).await.json();
    assert_eq!(report["tools"][0]["tool"], "weather__now", "{report}");
    let tool = admin.get("/api/tools/weather__now").await.json();
    assert_eq!(tool["newest"]["state"], "draft", "{tool}");
    assert_eq!(admin.get("/api/reviews").await.json()["total"], 0);
    admin.post("/api/openapi/import", request).await.assert_problem(409, "conflict");
    let audit = admin.get("/api/audit?action=import").await.json();
    assert_eq!(audit["items"][0]["detail"]["tools"], json!(["weather__now"]), "{audit}");
}

#[tokio::test]
async fn a_document_that_cannot_be_read_is_a_problem_with_its_line() {
    let fixture = Fixture::start().await;
    let admin = fixture.admin().await;
    let broken = "openapi: 3.1.0\npaths:\n  /a: {get: [}\n";
    let problem = admin.post("/api/openapi/look", json!({"document": broken})).await;
    problem.assert_problem(422, "invalid_arguments");
    let problem = admin.post("/api/openapi/look", json!({"document": broken})).await.json();
    assert!(problem["detail"].as_str().unwrap().contains("line 3"), "{problem}");
}
