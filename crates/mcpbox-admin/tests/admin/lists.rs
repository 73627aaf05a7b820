//! Lists, records and settings.

use serde_json::{Value, json};

use crate::support::Fixture;

const ADD: &str = "async def main(a: int, b: int) -> int:\n    return a + b\n";

#[tokio::test]
async fn lists_are_paged() {
    let fixture = Fixture::start().await;
    let admin = fixture.admin().await;
    for number in 0..5 {
        admin.post("/api/servers", json!({"name": format!("server{number}")})).await;
    }
    let page = admin.get("/api/servers?page=2&page_size=2").await.json();
    assert_eq!(page["items"].as_array().unwrap().len(), 2);
    assert_eq!(page["items"][0]["name"], "server2");
    assert_eq!(
        (&page["total"], &page["page"], &page["page_size"], &page["pages"]),
        (&json!(5), &json!(2), &json!(2), &json!(3))
    );
    let capped = admin.get("/api/servers?page=0&page_size=100000").await.json();
    assert_eq!((&capped["page"], &capped["page_size"]), (&json!(1), &json!(100)));
    assert_eq!(admin.get("/api/servers?page=9&page_size=2").await.json()["items"], json!([]));
}

#[tokio::test]
async fn every_list_has_the_same_shape() {
    let fixture = Fixture::start().await;
    let admin = fixture.admin().await;
    fixture.ask("math", "add", ADD).await;
    let lists = [
        "/api/servers",
        "/api/servers/math/tools",
        "/api/servers/math/secrets",
        "/api/tools",
        "/api/tools/math__add/versions",
        "/api/reviews",
        "/api/grants",
        "/api/secrets",
        "/api/notifications",
        "/api/sessions",
        "/api/tokens",
    ];
    for path in lists {
        let reply = admin.get(path).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.text());
        let mut keys: Vec<_> = reply.json().as_object().unwrap().keys().cloned().collect();
        keys.sort();
        assert_eq!(keys, ["items", "page", "page_size", "pages", "total"], "{path}");
    }
}

#[tokio::test]
async fn logs_are_read_from_the_newest_to_the_oldest_by_cursors() {
    let fixture = Fixture::start().await;
    let admin = fixture.admin().await;
    for number in 0..3 {
        admin.post("/api/servers", json!({"name": format!("server{number}")})).await;
    }
    let first = admin.get("/api/audit?action=server.&page_size=2").await.json();
    let cursor = first["next_cursor"].as_str().unwrap();
    admin.post("/api/servers", json!({"name": "late"})).await;
    let rest = admin.get(&format!("/api/audit?action=server.&page_size=2&cursor={cursor}")).await.json();
    let names = |page: &Value| {
        page["items"].as_array().unwrap().iter().map(|event| event["detail"]["name"].clone()).collect::<Vec<_>>()
    };
    assert_eq!([names(&first), names(&rest)].concat(), ["server2", "server1", "server0"]);
    assert_eq!(rest["next_cursor"], json!(null));
    assert_eq!(names(&admin.get("/api/audit?text=SERVER1").await.json()), ["server1"]);
    assert_eq!(admin.get("/api/audit?until=2000-01-01T00:00:00Z").await.json()["items"], json!([]));
    for path in ["/api/audit?cursor=x", "/api/calls?cursor=12", "/api/calls?cursor=1-2"] {
        admin.get(path).await.assert_problem(422, "invalid");
    }
}

#[tokio::test]
async fn a_chart_is_told_step_by_step_and_refuses_what_has_no_end() {
    let fixture = Fixture::start().await;
    let admin = fixture.admin().await;
    fixture.ask("math", "add", ADD).await;
    admin.post("/api/tools/math__add/test", json!({"arguments": {"a": 1, "b": 2}})).await;
    let series = admin.get("/api/calls/series?tool=math__add&step_ms=3600000").await.json();
    let steps = series["steps"].as_array().unwrap();
    assert_eq!(
        (steps.len(), &series["whole"]["total"], &series["whole"]["failed"]),
        (24, &json!(1), &json!(0)),
        "{series}"
    );
    assert_eq!(steps[23]["total"], 1);
    assert_eq!((&steps[23]["p50_us"], &steps[0]["p50_us"]), (&series["whole"]["p95_us"], &json!(null)));
    let hour = "since=2026-01-01T00:00:00Z&until=2026-01-01T01:00:00Z";
    let odd = admin.get(&format!("/api/calls/series?{hour}&step_ms=2400000")).await.json();
    assert_eq!(odd["steps"].as_array().unwrap().len(), 2, "the last step is shorter");
    for query in [format!("{hour}&step_ms=1"), "since=2100-01-01T00:00:00Z".to_owned()] {
        admin.get(&format!("/api/calls/series?{query}")).await.assert_problem(422, "invalid");
    }
    for query in ["step_ms=9223372036854775807", "until=-262143-01-01T00:00:00Z", "since=%2B262142-12-31T23:59:59Z"] {
        assert_ne!(admin.get(&format!("/api/calls/series?{query}")).await.status, 500, "{query}");
    }
}

#[tokio::test]
async fn runs_are_recorded_and_found_by_their_filters() {
    let fixture = Fixture::start().await;
    let admin = fixture.admin().await;
    fixture.ask("math", "add", ADD).await;
    let test = admin.post("/api/tools/math__add/test", json!({"arguments": {"a": 1, "b": 2}})).await;
    assert_eq!(test.json()["succeeded"], true, "{}", test.text());
    let call_id = test.json()["call_id"].clone();
    let found = async |query: &str| admin.get(&format!("/api/calls?{query}")).await.json();
    for query in ["tool=math__add", "server=math&profile=quarantine", "failed=false", "text=math__a"] {
        let page = found(query).await;
        assert_eq!((&page["items"][0]["id"], &page["next_cursor"]), (&call_id, &json!(null)), "{query}: {page}");
    }
    let nothing =
        ["profile=live", "failed=true", "since=2100-01-01T00:00:00Z", "until=2000-01-01T00:00:00Z", "text=minus"];
    for query in nothing {
        assert_eq!(found(query).await["items"], json!([]), "{query}");
    }
    assert_eq!(found("text=MATH__add").await["items"][0]["id"], call_id);
    assert_eq!(admin.get("/api/calls/counts?tool=math__add").await.json(), json!({"total": 1, "failed": 0}));
    let record = admin.get(&format!("/api/calls/{}", call_id.as_str().unwrap())).await.json();
    assert_eq!(record["arguments"], json!({"a": 1, "b": 2}));
}

#[tokio::test]
async fn what_admins_do_stands_in_the_audit_chain() {
    let fixture = Fixture::start().await;
    let admin = fixture.admin().await;
    admin.post("/api/servers", json!({"name": "weather"})).await;
    admin.patch("/api/servers/weather", json!({"code_policy": "standard"})).await;
    let audit = admin.get("/api/audit").await.json();
    assert_eq!(audit["items"][0]["actor"], json!({"kind": "admin", "name": "anna"}), "{audit}");
    let check = admin.get("/api/audit/verify").await.json();
    assert_eq!((&check["intact"], &check["rows"]), (&json!(true), &audit["items"][0]["sequence"]));
    assert_eq!((&check["broken_at"], &check["problems"]), (&json!(null), &json!([])), "{check}");
}

#[tokio::test]
async fn settings_are_replaced_as_a_whole_and_checked() {
    let fixture = Fixture::start().await;
    let admin = fixture.admin().await;
    assert_eq!(admin.get("/api/settings").await.json()["log_retention_days"], 30);
    assert_eq!(admin.put("/api/settings", json!({"log_retention_days": 7})).await.json()["log_retention_days"], 7);
    assert_eq!(admin.get("/api/settings").await.json()["log_retention_days"], 7);
    admin.put("/api/settings", json!({"log_retention_days": 0})).await.assert_problem(422, "invalid_arguments");
    admin.put("/api/settings", json!({"retention": 7})).await.assert_problem(422, "invalid");
}

#[tokio::test]
async fn a_disabled_tool_is_withdrawn_at_once_and_a_deleted_server_is_gone() {
    let fixture = Fixture::start().await;
    let admin = fixture.admin().await;
    let (id, hash) = fixture.ask("math", "add", ADD).await;
    admin.post(&format!("/api/reviews/{id}/approve"), json!({"content_hash": hash})).await;
    admin.post("/api/servers/math/start", json!({})).await;
    let found = admin.get("/api/tools/search?query=add").await.json();
    assert_eq!(found["tools"][0]["name"], "math__add", "{found}");
    assert_eq!(admin.patch("/api/tools/math__add", json!({"enabled": false})).await.json()["enabled"], false);
    let call = json!({"arguments": {"a": 1, "b": 2}});
    admin.post("/api/tools/math__add/call", call.clone()).await.assert_problem(409, "not_live");
    admin.patch("/api/tools/math__add", json!({"enabled": true})).await;
    assert_eq!(admin.post("/api/tools/math__add/call", call.clone()).await.status, 200);
    let gone = admin.delete("/api/servers/math").await;
    assert_eq!(gone.json()["withdrawn"], json!(["math__add"]), "{}", gone.text());
    admin.post("/api/tools/math__add/call", call).await.assert_problem(404, "not_found");
}

#[tokio::test]
async fn the_sandbox_and_the_modules_are_shown() {
    let fixture = Fixture::start().await;
    let admin = fixture.admin().await;
    assert_eq!(admin.get("/api/sandbox").await.json()["tier"], "full");
    let modules = admin.get("/api/modules").await.json();
    assert!(modules["default_modules"].as_array().unwrap().contains(&json!("json")), "{modules}");
}
