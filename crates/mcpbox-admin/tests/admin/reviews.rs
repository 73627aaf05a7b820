//! A human decides.

use serde_json::{Value, json};

use crate::support::{Fixture, PASSWORD, USER};

const ADD: &str = "async def main(a: int, b: int) -> int:\n    return a + b\n";
const ADD_AGAIN: &str = "async def main(a: int, b: int) -> int:\n    return b + a\n";

fn decision(hash: &str) -> Value {
    json!({"content_hash": hash, "comment": "looks right"})
}

#[tokio::test]
async fn what_was_approved_is_published_and_callable() {
    let fixture = Fixture::start().await;
    let admin = fixture.admin().await;
    let (id, hash) = fixture.ask("math", "add", ADD).await;

    let open = admin.get("/api/reviews?state=open").await.json();
    assert_eq!((&open["total"], &open["items"][0]["id"]), (&json!(1), &json!(id)));
    assert_eq!(open["items"][0]["content_hash"], hash);
    let detail = admin.get(&format!("/api/reviews/{id}")).await.json();
    assert_eq!(detail["version"]["content"]["code"], ADD);
    assert!(detail["consequence"].as_str().unwrap().len() > 10, "{detail}");
    assert!(detail["live"].is_null());

    let approved = admin.post(&format!("/api/reviews/{id}/approve"), decision(&hash)).await;
    assert_eq!(approved.status, 200, "{}", approved.text());
    assert_eq!(approved.json()["review"]["decided_by"]["name"], USER);
    assert_eq!(admin.post("/api/servers/math/start", json!({})).await.json()["status"], "running");

    let call = admin.post("/api/tools/math__add/call", json!({"arguments": {"a": 1, "b": 2}})).await;
    assert_eq!((&call.json()["succeeded"], &call.json()["value"]), (&json!(true), &json!(3)), "{}", call.text());
    let tool = admin.get("/api/tools/math__add").await.json();
    assert_eq!(tool["published"], true);
    let by_id = admin
        .post(&format!("/api/tools/{}/call", tool["id"].as_str().unwrap()), json!({"arguments": {"a": 1, "b": 2}}))
        .await;
    assert_eq!(by_id.json()["succeeded"], true, "{}", by_id.text());
}

#[tokio::test]
async fn open_reviews_come_worst_first() {
    let fixture = Fixture::start().await;
    let admin = fixture.admin().await;
    let fetch = "async def main() -> str:\n    answer = await http.get(\"https://api.example.com/x\")\n    return answer.text\n";
    for (tool, code) in [("first", ADD), ("fetch", fetch), ("last", ADD)] {
        fixture.ask("math", tool, code).await;
    }
    let open = admin.get("/api/reviews?state=open").await.json();
    let order: Vec<_> = open["items"].as_array().unwrap().iter().map(|item| item["tool"].as_str().unwrap()).collect();
    assert_eq!(order, ["math__fetch", "math__first", "math__last"], "{open}");
    assert_eq!(open["items"][0]["risk"], "medium");
}

#[tokio::test]
async fn a_stale_hash_is_refused_and_nothing_goes_live() {
    let fixture = Fixture::start().await;
    let admin = fixture.admin().await;
    let (id, hash) = fixture.ask("math", "add", ADD).await;
    for verb in ["approve", "reject"] {
        let stale = admin.post(&format!("/api/reviews/{id}/{verb}"), decision(&"0".repeat(64))).await;
        let problem = stale.assert_problem(409, "stale");
        assert_eq!(problem["current_hash"], hash);
    }
    assert_eq!(admin.get(&format!("/api/reviews/{id}")).await.json()["review"]["state"], "open");
    assert_eq!(admin.get("/api/tools/math__add").await.json()["live_version"], Value::Null);
}

#[tokio::test]
async fn of_two_admins_one_decides_and_the_other_learns_who_did() {
    let fixture = Fixture::start().await;
    let admin = fixture.admin().await;
    let (id, hash) = fixture.ask("math", "add", ADD).await;
    let path = format!("/api/reviews/{id}/approve");
    let (one, two) = tokio::join!(admin.post(&path, decision(&hash)), admin.post(&path, decision(&hash)));
    let (winner, loser) = if one.status == 200 { (one, two) } else { (two, one) };
    assert_eq!(winner.status, 200, "{}", winner.text());
    assert_eq!(loser.status, 409, "{}", loser.text());
    assert!(loser.json()["detail"].as_str().unwrap().contains(USER), "{}", loser.text());
    let sent_back = admin.post(&format!("/api/reviews/{id}/reject"), decision(&hash)).await;
    assert_eq!(sent_back.status, 409, "{}", sent_back.text());
}

#[tokio::test]
async fn a_review_of_an_update_shows_the_difference_to_the_live_version() {
    let fixture = Fixture::start().await;
    let admin = fixture.admin().await;
    let (first, hash) = fixture.ask("math", "add", ADD).await;
    admin.post(&format!("/api/reviews/{first}/approve"), decision(&hash)).await;
    let (second, _) = fixture.update("math__add", ADD_AGAIN).await;
    let detail = admin.get(&format!("/api/reviews/{second}")).await.json();
    assert_eq!(detail["live"]["number"], 1);
    assert_eq!((&detail["code_diff"]["added"], &detail["code_diff"]["removed"]), (&json!(1), &json!(1)), "{detail}");
    let diff = admin.get("/api/tools/math__add/versions/2/diff").await.json();
    assert!(diff["code"]["unified"].as_str().unwrap().contains("+    return b + a"), "{diff}");
    assert_eq!(admin.get("/api/tools/math__add/versions/1").await.json()["content"]["code"], ADD);
}

#[tokio::test]
async fn a_rejected_bundle_goes_back_with_its_comment() {
    let fixture = Fixture::start().await;
    let admin = fixture.admin().await;
    let (id, hash) = fixture.ask("math", "add", ADD).await;
    let body = json!({"content_hash": hash, "comment": "name the unit"});
    assert_eq!(admin.post(&format!("/api/reviews/{id}/reject"), body).await.status, 200);
    let status = admin.get("/api/tools/math__add/status").await.json();
    assert_eq!((&status["state"], &status["comment"]), (&json!("rejected"), &json!("name the unit")));
}

#[tokio::test]
async fn the_command_line_decides_only_with_a_password() {
    let fixture = Fixture::start().await;
    fixture.admin().await;
    let (id, hash) = fixture.ask("math", "add", ADD).await;
    let path = format!("/api/reviews/{id}/approve");
    fixture.cli().post(&path, decision(&hash)).await.assert_problem(401, "unauthenticated");
    fixture
        .cli()
        .password(USER, "wrong horse battery")
        .post(&path, decision(&hash))
        .await
        .assert_problem(401, "unauthenticated");
    let approved = fixture.cli().password(USER, PASSWORD).post(&path, decision(&hash)).await;
    assert_eq!(approved.status, 200, "{}", approved.text());
    assert_eq!(approved.json()["review"]["decided_by"], json!({"kind": "admin", "name": USER}));
}

#[tokio::test]
async fn grants_are_added_listed_and_revoked() {
    let fixture = Fixture::start().await;
    let admin = fixture.admin().await;
    admin.post("/api/servers", json!({"name": "weather"})).await;
    let body = json!({"scope": {"level": "server", "id": "weather"}, "capability": {"kind": "host", "host": "API.example.com:8443", "method": "get"}});
    let added = admin.post("/api/grants", body).await;
    assert_eq!(added.status, 201, "{}", added.text());
    let grant = added.json();
    assert_eq!(grant["capability"], json!({"kind": "host", "host": "api.example.com", "port": 8443, "method": "GET"}));
    assert_eq!(grant["state"], "approved");

    let listed = admin.get("/api/grants?server=weather&state=approved").await.json();
    assert_eq!((&listed["total"], &listed["items"][0]["id"]), (&json!(1), &grant["id"]));
    let path = format!("/api/grants/{}/revoke", grant["id"].as_str().unwrap());
    admin.post(&path, json!({})).await.assert_problem(422, "invalid");
    let seen = json!({"content_hash": listed["items"][0]["content_hash"], "comment": "not any more"});
    assert_eq!(admin.post(&path, seen.clone()).await.json()["state"], "revoked");
    let late = admin.post(&path, seen).await.assert_problem(409, "stale");
    let said = late["detail"].as_str().unwrap();
    assert!(said.contains("revoked by anna") && said.contains("not any more"), "{said}");
    let now = json!({"content_hash": late["current_hash"]});
    admin.post(&path, now).await.assert_problem(409, "conflict");

    for host in ["https://example.com", "*.example.com", "example.com/x", ""] {
        let body = json!({"scope": {"level": "everywhere"}, "capability": {"kind": "host", "host": host}});
        admin.post("/api/grants", body).await.assert_problem(422, "invalid");
    }
}

/// A tool with two findings that must be looked at.
const SLY: &str =
    "async def main(a: int, b: int) -> int:\n    x = \"a\u{200b}b\"\n    y = \"c\u{202e}d\"\n    return a + b\n";
const SECRET: &str = "async def main() -> str:\n    answer = await http.get(\"https://api.example.com/x\", headers={\"x\": secrets[\"KEY\"]})\n    return answer.text\n";

#[tokio::test]
async fn friction_holds_in_the_api_whatever_a_page_shows() {
    let fixture = Fixture::start().await;
    let admin = fixture.admin().await;
    let (id, hash) = fixture.ask("math", "sly", SLY).await;
    let path = format!("/api/reviews/{id}/approve");
    let detail = admin.get(&format!("/api/reviews/{id}")).await.json();
    let needed = detail["approval_needs"]["acknowledge"].as_array().unwrap().clone();
    assert_eq!((needed.len(), &detail["review"]["risk"]), (2, &json!("high")), "{detail}");
    let problem = admin.post(&path, decision(&hash)).await.assert_problem(422, "invalid_arguments");
    assert!(problem["detail"].as_str().unwrap().contains("2 of 2 findings are not acknowledged"), "{problem}");
    let some = json!({"content_hash": hash, "acknowledged": [needed[1]]});
    let problem = admin.post(&path, some).await.assert_problem(422, "invalid_arguments");
    assert!(problem["detail"].as_str().unwrap().contains(needed[0].as_str().unwrap()), "{problem}");
    let bulk = json!({"reviews": [{"id": id, "content_hash": hash}]});
    admin.post("/api/reviews/approve", bulk).await.assert_problem(422, "invalid_arguments");
    let all = json!({"content_hash": hash, "acknowledged": needed});
    assert_eq!(admin.post(&path, all).await.json()["review"]["state"], "approved");

    let ordinary = json!({"code_policy": "standard"}).to_string().into_bytes();
    assert_eq!(admin.send("PATCH", "/api/servers/math", Some(ordinary)).await.status, 200);
    let (id, hash) = fixture.ask("math", "secret", SECRET).await;
    let path = format!("/api/reviews/{id}/approve");
    let detail = admin.get(&format!("/api/reviews/{id}")).await.json();
    let read = &detail["approval_needs"]["acknowledge"];
    assert_eq!(
        (&detail["approval_needs"]["tool_name"], &detail["review"]["risk"]),
        (&json!("math__secret"), &json!("critical"))
    );
    let problem = admin
        .post(&path, json!({"content_hash": hash, "acknowledged": read}))
        .await
        .assert_problem(422, "invalid_arguments");
    assert!(problem["detail"].as_str().unwrap().contains("tool_name"), "{problem}");
    let wrong = json!({"content_hash": hash, "acknowledged": read, "tool_name": "math__sly"});
    admin.post(&path, wrong).await.assert_problem(422, "invalid_arguments");
    let typed = json!({"content_hash": hash, "acknowledged": read, "tool_name": "math__secret"});
    assert_eq!(admin.post(&path, typed).await.status, 200);
}

#[tokio::test]
async fn a_stale_decision_gets_the_differences_and_a_late_one_the_name() {
    let fixture = Fixture::start().await;
    let admin = fixture.admin().await;
    let (first, old) = fixture.ask("math", "add", ADD).await;
    let (second, new) = fixture.update("math__add", ADD_AGAIN).await;
    let stale = admin.post(&format!("/api/reviews/{first}/approve"), decision(&old)).await;
    let problem = stale.assert_problem(409, "stale");
    assert_eq!(problem["current_hash"], new);
    let fields = problem["changes"]["fields"].as_array().unwrap();
    assert_eq!(fields[0]["field"], "code", "{problem}");
    assert!(fields[0]["diff"]["unified"].as_str().unwrap().contains("+    return b + a"), "{problem}");
    let path = format!("/api/reviews/{second}/approve");
    assert_eq!(admin.post(&path, decision(&new)).await.status, 200);
    let problem = admin.post(&path, decision(&new)).await.assert_problem(409, "decided");
    assert_eq!((&problem["decided"]["by"]["name"], &problem["decided"]["state"]), (&json!(USER), &json!("approved")));
    assert!(problem["decided"]["at"].as_str().unwrap().starts_with("20"), "{problem}");
}

#[tokio::test]
async fn what_was_read_is_compared_with_what_came_after() {
    let fixture = Fixture::start().await;
    let admin = fixture.admin().await;
    let (first, old) = fixture.ask("math", "add", ADD).await;
    let seen = admin.post(&format!("/api/reviews/{first}/seen"), json!({"content_hash": old})).await;
    assert_eq!(seen.status, 204, "{}", seen.text());
    let (second, _) = fixture.update("math__add", ADD_AGAIN).await;
    let detail = admin.get(&format!("/api/reviews/{second}")).await.json();
    assert_eq!(detail["last_look"]["content_hash"], old);
    assert_eq!(detail["last_look"]["changes"]["fields"][0]["field"], "code", "{detail}");
    assert!(fixture.cli().get(&format!("/api/reviews/{second}")).await.json()["last_look"].is_null());
    let unknown = json!({"content_hash": "0".repeat(64)});
    admin.post(&format!("/api/reviews/{second}/seen"), unknown).await.assert_problem(409, "conflict");
}

#[tokio::test]
async fn a_bundle_is_approved_in_part_watched_and_taken_back() {
    let fixture = Fixture::start().await;
    let admin = fixture.admin().await;
    let fetch = "async def main(a: int, b: int) -> str:\n    answer = await http.get(\"https://api.example.com/x\")\n    return answer.text\n";
    let (id, hash) = fixture.ask("math", "fetch", fetch).await;
    let needed = json!({"kind": "host", "host": "api.example.com"});
    let detail = admin.get(&format!("/api/reviews/{id}")).await.json();
    let new = &detail["grants"]["new"][0];
    assert_eq!((&new["line"], &new["can_live_without"]), (&json!(2), &json!(false)), "{detail}");
    let refuse = json!({"content_hash": hash, "refused": [{"capability": needed, "reason": "not that one"}]});
    let back = admin.post(&format!("/api/reviews/{id}/approve"), refuse).await.json();
    assert_eq!(back["review"]["state"], "rejected");
    assert_eq!(admin.get("/api/tools/math__fetch/status").await.json()["refused"][0]["reason"], "not that one");

    let (id, hash) = fixture.update("math__fetch", ADD).await;
    assert_eq!(admin.post(&format!("/api/reviews/{id}/approve"), decision(&hash)).await.status, 200);
    admin.post("/api/servers/math/start", json!({})).await;
    let runs = format!("/api/reviews/{id}/first-runs?limit=5");
    assert_eq!(admin.get(&runs).await.json()["runs"], json!([]));
    admin.post("/api/tools/math__fetch/call", json!({"arguments": {"a": 1, "b": 2}})).await;
    let strip = loop {
        let strip = admin.get(&runs).await.json();
        if strip["runs"].as_array().is_some_and(|runs| runs.len() == 1) && strip["total"] == 1 {
            break strip;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!((&strip["runs"][0]["result"], &strip["is_revocable"]), (&json!(3), &json!(true)), "{strip}");
    let path = format!("/api/reviews/{id}/revoke");
    let revoked = admin.post(&path, json!({"comment": "wrong"})).await.json();
    assert_eq!((&revoked["review"]["revoked"]["by"]["name"], &revoked["live_version"]), (&json!(USER), &Value::Null));
    admin.post(&path, json!({})).await.assert_problem(409, "conflict");
}

#[tokio::test]
async fn several_are_decided_in_one_request() {
    let fixture = Fixture::start().await;
    let admin = fixture.admin().await;
    let mut reviews = Vec::new();
    for name in ["one", "two", "three"] {
        let (id, content_hash) = fixture.ask("math", name, ADD).await;
        reviews.push(json!({"id": id, "content_hash": content_hash}));
    }
    let back = reviews.split_off(2);
    let approved = admin.post("/api/reviews/approve", json!({"reviews": reviews, "comment": "small"})).await.json();
    assert_eq!(approved[1]["decision"]["review"]["state"], "approved", "{approved}");
    let again = admin.post("/api/reviews/reject", json!({"reviews": reviews})).await.json();
    assert_eq!(again[0]["failure"]["kind"], "conflict", "{again}");
    let rejected = admin.post("/api/reviews/reject", json!({"reviews": back})).await.json();
    assert_eq!(rejected[0]["decision"]["review"]["state"], "rejected", "{rejected}");
}

#[tokio::test]
async fn a_grant_can_be_given_until_a_time() {
    let fixture = Fixture::start().await;
    let admin = fixture.admin().await;
    let grant = |expires_at: &str| json!({"scope": {"level": "everywhere"}, "capability": {"kind": "host", "host": "x.example"}, "expires_at": expires_at});
    admin.post("/api/grants", grant("2020-01-01T00:00:00Z")).await.assert_problem(422, "invalid_arguments");
    let added = admin.post("/api/grants", grant("2099-01-01T00:00:00Z")).await;
    assert_eq!(added.status, 201, "{}", added.text());
    assert_eq!(added.json()["expires_at"], "2099-01-01T00:00:00Z");
}
