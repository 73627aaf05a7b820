//! Every management tool, called at least once through the door; and the loop from an idea to a called tool.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{
    TestBox,
    client::Raw,
    double::{ADD, RAISE, SCRIPT},
};

/// A client that notes which tools it called.
struct Noting {
    client: Raw,
    called: BTreeSet<String>,
}

impl Noting {
    async fn manage(&mut self, name: &str, arguments: Value) -> Value {
        self.called.insert(name.to_owned());
        self.client.manage(name, arguments).await
    }

    async fn refused(&mut self, name: &str, arguments: Value) -> Value {
        self.called.insert(name.to_owned());
        let result = self.client.call(name, arguments).await;
        assert_eq!(result["isError"], true, "{name}: {result}");
        result["structuredContent"].clone()
    }
}

#[tokio::test]
async fn the_whole_loop_and_every_tool() {
    let it = TestBox::start().await;
    for client in [Raw::legacy(&it.url).await, Raw::modern(&it.url)] {
        let era = if client.session.is_some() { "older" } else { "newer" };
        let server = format!("maths_{era}");
        let tool = format!("{server}__add");
        let mut it_is = Noting { client, called: BTreeSet::new() };
        make(&mut it_is, &server, &tool).await;
        publish(&it, &mut it_is, &server, &tool).await;
        change(&it, &mut it_is, &tool).await;
        ask(&mut it_is, &server, &tool).await;
        source(&mut it_is, &server).await;
        remove(&mut it_is, &server, &tool).await;
        let all: BTreeSet<String> =
            Raw::modern(&it.url).listed().await.into_iter().filter(|name| name.starts_with("mcpbox_")).collect();
        assert_eq!(it_is.called, all, "a tool that no test calls");
    }
}

async fn make(client: &mut Noting, server: &str, tool: &str) {
    let made = client.manage("mcpbox_create_server", json!({"name": server, "description": "Sums"})).await;
    assert_eq!(made["name"], server);
    let again = client.refused("mcpbox_create_server", json!({"name": server})).await;
    assert_eq!(again["kind"], "conflict");
    let listed = client.manage("mcpbox_list_servers", json!({"page_size": 10})).await;
    assert!(listed["items"].as_array().unwrap().iter().any(|item| item["name"] == server), "{listed}");
    let checked = client.manage("mcpbox_validate_code", json!({"code": "def main(:"})).await;
    assert_eq!(checked["valid"], false, "{checked}");
    let bad = client
        .refused("mcpbox_create_tool", json!({"server_id": server, "name": "add", "python_code": "def main(:"}))
        .await;
    assert_eq!(bad["kind"], "syntax", "{bad}");
    let made =
        client.manage("mcpbox_create_tool", json!({"server_id": server, "name": "add", "python_code": ADD})).await;
    assert_eq!((&made["name"], &made["state"]), (&json!(tool), &json!("draft")), "{made}");
    assert!(
        made["input_schema"]["properties"]["a"].is_object() && !made["next"].as_array().unwrap().is_empty(),
        "{made}"
    );
    let tested = client.manage("mcpbox_test_code", json!({"tool_id": tool, "arguments": {"a": 2, "b": 2}})).await;
    assert_eq!((&tested["succeeded"], &tested["result"]), (&json!(true), &json!(4)), "{tested}");
}

async fn publish(it: &TestBox, client: &mut Noting, server: &str, tool: &str) {
    let not_yet = client.refused("mcpbox_call_tool", json!({"name": tool, "arguments": {"a": 1, "b": 2}})).await;
    assert_eq!(not_yet["kind"], "not_live", "{not_yet}");
    let asked = client.manage("mcpbox_request_publish", json!({"tool_id": tool, "notes": "adds"})).await;
    assert!(asked["review_url"].as_str().unwrap().starts_with("http://127.0.0.1:3000/"), "{asked}");
    let waiting = client.manage("mcpbox_list_pending_requests", json!({})).await;
    assert!(waiting.to_string().contains(tool), "{waiting}");
    let status = client.manage("mcpbox_get_tool_status", json!({"tool_id": tool})).await;
    assert_eq!((&status["state"], &status["published"]), (&json!("pending_review"), &json!(false)), "{status}");
    it.approve_open(tool).await;
    client.manage("mcpbox_start_server", json!({"server_id": server})).await;
    let found = client.manage("mcpbox_search_tools", json!({"query": "adds whole numbers"})).await;
    assert!(found["tools"].as_array().unwrap().iter().any(|item| item["name"] == tool), "{found}");
    let sum = client.manage("mcpbox_call_tool", json!({"name": tool, "arguments": {"a": 1, "b": 2}})).await;
    assert_eq!(sum, json!({"result": 3}));
    let script = json!({"code": SCRIPT, "arguments": {"tool": tool, "arguments": {"a": 4, "b": 5}}});
    assert_eq!(client.manage("mcpbox_run_code", script).await, json!({"result": [9]}));
    let logs = client.manage("mcpbox_get_tool_logs", json!({"tool_id": tool})).await;
    assert_eq!(logs["tool"], tool, "{logs}");
}

async fn change(it: &TestBox, client: &mut Noting, tool: &str) {
    let changed = client.manage("mcpbox_update_tool", json!({"tool_id": tool, "python_code": RAISE})).await;
    assert_eq!((&changed["version"], &changed["live_version"]), (&json!(2), &json!(1)), "{changed}");
    let still = client.manage("mcpbox_call_tool", json!({"name": tool, "arguments": {"a": 4, "b": 5}})).await;
    assert_eq!(still, json!({"result": 9}), "the live version keeps serving");
    it.approve(tool).await;
    let failing = client.refused("mcpbox_call_tool", json!({"name": tool})).await;
    assert_eq!(failing["kind"], "exception");
    let versions = client.manage("mcpbox_list_tool_versions", json!({"tool_id": tool})).await;
    assert_eq!(versions["versions"].as_array().unwrap().len(), 2, "{versions}");
    let back = client.manage("mcpbox_rollback_tool", json!({"tool_id": tool, "version": 1})).await;
    assert_eq!((&back["version"], &back["restored_from"]), (&json!(3), &json!(1)), "{back}");
    let shown = client.manage("mcpbox_get_tool", json!({"tool_id": tool})).await;
    assert_eq!(shown["newest"]["content"]["code"], ADD, "{shown}");
    let off = client.manage("mcpbox_update_tool", json!({"tool_id": tool, "enabled": false})).await;
    assert_eq!(off["enabled"], false);
    let gone = client.refused("mcpbox_call_tool", json!({"name": tool})).await;
    assert_eq!(gone["kind"], "not_live", "{gone}");
}

async fn ask(client: &mut Noting, server: &str, tool: &str) {
    let made = client
        .manage(
            "mcpbox_create_server_secret",
            json!({"server_id": server, "key": "API_KEY", "hosts": ["api.example.com"]}),
        )
        .await;
    assert_eq!((&made["key"], &made["has_value"]), (&json!("API_KEY"), &json!(false)), "{made}");
    let listed = client.manage("mcpbox_list_server_secrets", json!({"server_id": server})).await;
    assert_eq!(listed["secrets"][0]["key"], "API_KEY", "{listed}");
    let asked = client
        .manage(
            "mcpbox_request_network_access",
            json!({"tool_id": tool, "host": "api.example.com", "justification": "data", "port": 8443}),
        )
        .await;
    assert_eq!((&asked["state"], &asked["capability"]["port"]), (&json!("pending"), &json!(8443)), "{asked}");
    let asked = client
        .manage("mcpbox_request_module", json!({"tool_id": tool, "module_name": "sqlite3", "justification": "data"}))
        .await;
    assert_eq!(asked["state"], "pending", "{asked}");
    let modules = client.manage("mcpbox_get_server_modules", json!({})).await;
    assert!(modules["default_modules"].as_array().unwrap().contains(&json!("json")), "{modules}");
    let shown = client.manage("mcpbox_get_server", json!({"server_id": server})).await;
    assert_eq!((&shown["status"], shown["secrets"].as_array().unwrap().len()), (&json!("running"), 1), "{shown}");
    let unknown = client.refused("mcpbox_get_server", json!({"server_id": &server[1..]})).await;
    assert_eq!(unknown["kind"], "not_found");
    assert!(unknown.to_string().contains(server), "the nearest name is told: {unknown}");
}

async fn source(client: &mut Noting, server: &str) {
    let it = json!({"server_id": server, "name": "there", "url": "http://10.99.0.1:9/mcp", "auth_type": "bearer", "auth_secret_name": "THERE_TOKEN"});
    let added = client.manage("mcpbox_add_external_source", it.clone()).await;
    assert_eq!((&added["access"], &added["auth"]), (&json!("pending"), &json!("bearer")), "{added}");
    let again = client.manage("mcpbox_add_external_source", it).await;
    assert_eq!(again["source_id"], added["source_id"], "{again}");
    let listed = client.manage("mcpbox_list_external_sources", json!({"server_id": server})).await;
    assert_eq!(listed["sources"][0]["health"], "unknown", "{listed}");
    let id = format!("{server}/there");
    let refused = client.refused("mcpbox_discover_external_tools", json!({"source_id": id})).await;
    assert_eq!(refused["kind"], "host_denied", "nothing is contacted unasked: {refused}");
    let refused = client.refused("mcpbox_import_external_tools", json!({"source_id": id, "tool_names": ["x"]})).await;
    assert_eq!(refused["kind"], "host_denied", "{refused}");
}

async fn remove(client: &mut Noting, server: &str, tool: &str) {
    let listed = client.manage("mcpbox_list_tools", json!({"server_id": server})).await;
    assert_eq!((&listed["total"], &listed["tools"][0]["name"]), (&json!(1), &json!(tool)), "{listed}");
    client.manage("mcpbox_stop_server", json!({"server_id": server})).await;
    client.manage("mcpbox_delete_tool", json!({"tool_id": tool})).await;
    client.manage("mcpbox_delete_server", json!({"server_id": server})).await;
    let gone = client.refused("mcpbox_get_tool", json!({"tool_id": tool})).await;
    assert_eq!(gone["kind"], "not_found");
}
