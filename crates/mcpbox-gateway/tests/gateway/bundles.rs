//! Asking for things over MCP: one review, whatever was asked for in whichever order, and answers that lead on.

use mcpbox_catalog::review::{self, Approval};
use mcpbox_core::{
    paging::PageRequest,
    review::{Refusal, ReviewState},
    settings::Settings,
};
use serde_json::json;

use crate::support::{TestBox, client::Raw, double::ADD};

const FETCH: &str =
    "async def main() -> str:\n    \"\"\"Gets.\"\"\"\n    return (await http.get(\"https://api.example.com/\")).text\n";

#[tokio::test]
async fn everything_that_is_asked_for_ends_in_one_review() {
    let it = TestBox::start().await;
    let client = Raw::modern(&it.url);
    client.manage("mcpbox_create_server", json!({"name": "s"})).await;
    client.manage("mcpbox_create_tool", json!({"server_id": "s", "name": "fetch", "python_code": FETCH})).await;
    let host = json!({"tool_id": "s__fetch", "host": "more.example.com", "justification": "more"});
    let asked = client.manage("mcpbox_request_network_access", host).await;
    let published = client.manage("mcpbox_request_publish", json!({"tool_id": "s__fetch"})).await;
    let again = client.manage("mcpbox_request_publish", json!({"tool_id": "s__fetch"})).await;
    for answer in [&published, &again] {
        assert_eq!((&answer["review_id"], &answer["was_open"]), (&asked["review_id"], &json!(true)), "{answer}");
        assert_eq!(answer["requested"].as_array().unwrap().len(), 2, "{answer}");
    }

    let open = review::list(&it.catalog, Some(ReviewState::Open), PageRequest::default()).await.unwrap().items;
    let capability = review::show(&it.catalog, open[0].id).await.unwrap().grants.new[0].capability.clone();
    let refused = vec![Refusal { capability, reason: "use the mirror".into() }];
    let approval = Approval { refused, ..Approval::default() };
    review::approve(&it.catalog, &it.reviewer, open[0].id, &open[0].content_hash, approval).await.unwrap();
    let status = client.manage("mcpbox_get_tool_status", json!({"tool_id": "s__fetch"})).await;
    assert_eq!((&status["state"], &status["refused"][0]["reason"]), (&json!("rejected"), &json!("use the mirror")));
    assert_eq!(status["next"][0]["call"]["tool"], "mcpbox_update_tool", "{status}");
    assert!(status["next"][0]["step"].as_str().unwrap().contains("use the mirror"), "{status}");
}

#[tokio::test]
async fn a_client_with_too_much_waiting_is_told_what_to_do() {
    let it = TestBox::start().await;
    let settings = Settings { open_requests_per_client: 1, ..Settings::default() };
    review::set_settings(&it.catalog, &it.reviewer, settings).await.unwrap();
    let client = Raw::modern(&it.url);
    client.manage("mcpbox_create_server", json!({"name": "s"})).await;
    for name in ["one", "two"] {
        client.manage("mcpbox_create_tool", json!({"server_id": "s", "name": name, "python_code": ADD})).await;
    }
    client.manage("mcpbox_request_publish", json!({"tool_id": "s__one"})).await;
    let refused = client.call("mcpbox_request_publish", json!({"tool_id": "s__two"})).await;
    assert_eq!(refused["isError"], true, "{refused}");
    let refused = &refused["structuredContent"];
    assert_eq!(refused["kind"], "rate_limited", "{refused}");
    assert!(refused["hint"].as_str().unwrap().contains("/approvals"), "{refused}");
    assert_eq!(refused["next"]["tool"], "mcpbox_list_pending_requests");
    it.approve_open("s__one").await;
    client.manage("mcpbox_request_publish", json!({"tool_id": "s__two"})).await;
}
