//! Evidence, rules and the decision log over the API.

use serde_json::{Value, json};

use crate::support::{Fixture, USER};

const ADD: &str = "async def main(a: int, b: int) -> int:\n    return a + b\n";

fn decision(hash: &str) -> Value {
    json!({"content_hash": hash, "comment": ""})
}

#[tokio::test]
async fn a_human_tries_a_review_marks_examples_and_sees_them_repeated() {
    let fixture = Fixture::start().await;
    let admin = fixture.admin().await;
    let (first, hash) = fixture.ask("math", "add", ADD).await;
    let tried =
        admin.post(&format!("/api/reviews/{first}/test"), json!({"arguments": {"a": 20, "b": 22}})).await.json();
    assert_eq!((&tried["result"], &tried["is_example"]), (&json!(42), &json!(true)), "{tried}");
    let detail = admin.get(&format!("/api/reviews/{first}")).await.json();
    let run = &detail["evidence"][0];
    assert_eq!(
        (&run["actor"], &run["trial"]["purpose"]),
        (&json!({"kind": "admin", "name": USER}), &json!("reviewer"))
    );
    let wrong = admin.post(&format!("/api/reviews/{first}/test"), json!({"arguments": {"a": "x"}})).await;
    wrong.assert_problem(422, "invalid_arguments");
    admin.post(&format!("/api/reviews/{first}/approve"), decision(&hash)).await;

    let (second, _) = fixture.update("math__add", "async def main(a: int, b: int) -> int:\n    return b + a\n").await;
    let detail = admin.get(&format!("/api/reviews/{second}")).await.json();
    assert_eq!(detail["regression"]["state"], "same", "{}", detail["regression"]);
    assert_eq!(detail["regression"]["comparisons"][0]["arguments"], json!({"a": 20, "b": 22}));
    let again = admin.post(&format!("/api/reviews/{second}/repeat"), json!({})).await.json();
    assert_eq!(again["state"], "same");
    let path = format!("/api/calls/{}/example", run["id"].as_str().unwrap());
    assert_eq!(admin.put(&path, json!({"is_example": false})).await.json()["trial"]["is_example"], false);
    assert_eq!(admin.post(&format!("/api/reviews/{second}/repeat"), json!({})).await.status, 409, "no example is left");
}

#[tokio::test]
async fn a_rule_is_previewed_switched_on_listed_and_its_decision_taken_back() {
    let fixture = Fixture::start().await;
    let admin = fixture.admin().await;
    let (first, _) = fixture.ask("math", "untested", ADD).await;
    admin.post(&format!("/api/reviews/{first}/test"), json!({"arguments": {"a": 1, "b": 2}})).await;
    let preview = admin.get("/api/policy/preview?days=7").await.json();
    let pure = preview["rules"].as_array().unwrap().iter().find(|rule| rule["rule"] == "pure_compute").unwrap();
    assert_eq!((&pure["is_on"], &pure["would_approve"]), (&json!(false), &json!(1)), "{pure}");

    let settings = admin.put("/api/settings", json!({"auto_approval": {"pure_compute": true}})).await.json();
    assert_eq!(settings["auto_approval"]["pure_compute"], true);
    let (second, _) = fixture.ask("math", "add", ADD).await;
    assert_eq!(
        admin.get(&format!("/api/reviews/{second}")).await.json()["review"]["state"],
        "open",
        "nobody tested it"
    );
    admin.post("/api/tools/math__untested/test", json!({"arguments": {"a": 1, "b": 2}})).await;
    fixture.update("math__untested", "async def main(a: int, b: int) -> int:\n    return b + a\n").await;
    assert_eq!(admin.get("/api/policy/decisions").await.json()["total"], 0);

    let log = admin.get("/api/audit/decisions").await.json();
    assert_eq!((&log["admins"], &log["automatic"]["approved"]), (&json!([]), &json!(0)), "{log}");
    assert_eq!(admin.post(&format!("/api/reviews/{second}/revoke"), json!({})).await.status, 409, "it is not approved");
}

#[tokio::test]
async fn looking_deciding_and_taking_back_show_in_the_decision_log_and_verify() {
    let fixture = Fixture::start().await;
    let admin = fixture.admin().await;
    let (id, hash) = fixture.ask("math", "add", ADD).await;
    admin.get(&format!("/api/reviews/{id}")).await;
    admin.post(&format!("/api/reviews/{id}/approve"), decision(&hash)).await;
    let taken = admin.post(&format!("/api/reviews/{id}/revoke"), json!({"comment": "hm"})).await.json();
    assert_eq!((&taken["review"]["state"], &taken["live_version"]), (&json!("revoked"), &Value::Null));
    let log = admin.get("/api/audit/decisions").await.json();
    let anna = &log["admins"][0];
    assert_eq!(
        (&anna["admin"], &anna["approved"], &anna["revoked_later"]),
        (&json!(USER), &json!(1), &json!(1)),
        "{log}"
    );
    assert!(anna["median_review_seconds"].as_f64().unwrap() < 5.0);
    assert_eq!(anna["hasty_share"], 1.0);
    let report = fixture.cli().get("/api/audit/verify").await.json();
    assert_eq!(
        (&report["intact"], &report["decisions"], &report["problems"]),
        (&json!(true), &json!(1), &json!([])),
        "{report}"
    );
}
