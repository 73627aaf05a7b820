//! What leads a new admin to a first run: how clients connect and which did, and a tool to try.

use mcpbox_admin::{AdminConfig, Connect};
use mcpbox_core::principal::Principal;
use serde_json::json;

use crate::support::{Fixture, unlimited};

#[tokio::test]
async fn a_client_shows_up_once_it_asks_for_its_tools() {
    let connect = Connect {
        mcp_url: "http://127.0.0.1:8000/mcp".to_owned(),
        command: vec!["/bin/mcpbox".to_owned()],
        public: None,
    };
    let fixture = Fixture::start_with(AdminConfig { connect, ..unlimited() }).await;
    let admin = fixture.admin().await;
    let before = admin.get("/api/connection").await.json();
    assert_eq!((&before["mcp_url"], &before["clients"]), (&json!("http://127.0.0.1:8000/mcp"), &json!([])));

    let mut events = fixture.catalog.subscribe();
    let client = Principal::Local { client: Some("Some Client".to_owned()) };
    fixture.catalog.meet(&client);
    fixture.catalog.meet(&client);
    let after = admin.get("/api/connection").await.json();
    assert_eq!(after["clients"].as_array().map(Vec::len), Some(1));
    assert_eq!(after["clients"][0]["name"], "Some Client");
    assert!(events.try_recv().is_ok() && events.try_recv().is_err(), "one event for one arrival");
}

#[tokio::test]
async fn the_sample_tool_is_made_once_and_waits_for_a_human() {
    let fixture = Fixture::start().await;
    let admin = fixture.admin().await;
    let made = admin.post("/api/setup/sample", json!({})).await.json();
    assert_eq!((&made["name"], &made["published"]), (&json!("sample__word_count"), &json!(false)));
    let again = admin.post("/api/setup/sample", json!({})).await.json();
    assert_eq!(again["review_id"], made["review_id"]);

    let path = format!("/api/reviews/{}", made["review_id"].as_str().unwrap());
    let review = admin.get(&path).await.json();
    assert_eq!((&review["review"]["risk"], &review["review"]["requested"]), (&json!("low"), &json!([])));
    assert_eq!(review["evidence"].as_array().map(Vec::len), Some(1), "it was tested before it was asked for");
    let hash = &review["review"]["content_hash"];
    admin.post(&format!("{path}/approve"), json!({"content_hash": hash, "comment": ""})).await;
    let done = admin.post("/api/setup/sample", json!({})).await.json();
    assert_eq!((&done["published"], &done["review_id"]), (&json!(true), &json!(null)));
}
