//! Long lists come in parts, and every part says how to go on.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{TestBox, client::Raw, double::ADD};

/// Follows a list to its end. Gives the parts.
async fn parts(client: &Raw, tool: &str, arguments: Value) -> Vec<Value> {
    let mut call = json!({"tool": tool, "arguments": arguments});
    let mut parts = Vec::new();
    for _ in 0..20 {
        let part = client.manage(call["tool"].as_str().unwrap(), call["arguments"].clone()).await;
        let more = part["next"].as_array().and_then(|next| next.iter().find(|one| one["step"] == "see the next ones"));
        let more = more.map(|one| one["call"].clone());
        parts.push(part);
        match more {
            Some(more) => call = more,
            None => return parts,
        }
    }
    panic!("{tool} never ends");
}

/// All of what the parts have under `place`, and how many parts there were.
fn all(parts: &[Value], place: &str) -> Vec<String> {
    parts.iter().flat_map(|part| part.pointer(place).unwrap().as_array().unwrap()).map(ToString::to_string).collect()
}

#[tokio::test]
async fn every_long_list_can_be_followed_to_its_end() {
    let it = TestBox::start().await;
    it.publish("s", "add", ADD).await;
    let client = Raw::modern(&it.url);
    for number in 0..25 {
        client.manage("mcpbox_test_code", json!({"tool_id": "s__add", "arguments": {"a": number, "b": 1}})).await;
        client
            .manage(
                "mcpbox_update_tool",
                json!({"tool_id": "s__add", "description": format!("Adds, for the {number}th time.")}),
            )
            .await;
    }
    for number in 0..60 {
        client.manage("mcpbox_create_server_secret", json!({"server_id": "s", "key": format!("KEY_{number}")})).await;
    }
    let of_tool = json!({"tool_id": "s__add"});
    let versions = parts(&client, "mcpbox_list_tool_versions", of_tool.clone()).await;
    let numbers: Vec<_> = versions
        .iter()
        .flat_map(|part| part["versions"].as_array().unwrap())
        .map(|one| one["version"].as_u64().unwrap())
        .collect();
    assert_eq!((versions.len(), numbers), (2, (1..=26).rev().collect::<Vec<_>>()));
    assert_eq!(versions[1]["next"][0]["call"]["arguments"]["version"], 6, "an older one, also in a later part");

    let logs = parts(&client, "mcpbox_get_tool_logs", json!({"tool_id": "s__add", "limit": 10})).await;
    let runs: BTreeSet<_> =
        logs.iter().flat_map(|part| part["runs"].as_array().unwrap()).map(|run| run["call_id"].to_string()).collect();
    assert_eq!((logs.len(), runs.len(), &logs[0]["total"]), (3, 25, &json!(25)));

    let secrets = all(&parts(&client, "mcpbox_list_server_secrets", json!({"server_id": "s"})).await, "/secrets");
    assert_eq!((secrets.len(), secrets.iter().collect::<BTreeSet<_>>().len()), (60, 60));

    client.manage("mcpbox_request_publish", of_tool).await;
    let pending = parts(&client, "mcpbox_list_pending_requests", json!({})).await;
    assert_eq!((pending.len(), &pending[0]["total"]), (2, &json!(61)));
    assert_eq!(
        (all(&pending, "/servers/0/reviews").len(), all(&pending, "/servers/0/secrets_without_value").len()),
        (1, 60)
    );

    for name in ["a", "b"] {
        client.manage("mcpbox_create_server", json!({"name": name})).await;
    }
    let servers = parts(&client, "mcpbox_list_servers", json!({"page_size": 1})).await;
    assert_eq!((servers.len(), all(&servers, "/items").len()), (3, 3));
}
