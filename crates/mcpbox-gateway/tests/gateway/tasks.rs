//! Long calls as tasks, in the words of both eras, by hand and through real HTTP.

use std::{sync::atomic::Ordering, time::Duration};

use mcpbox_catalog::access::pat::{self, MadeToken, NewToken};
use mcpbox_core::principal::Scope;
use mcpbox_gateway::GatewayConfig;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::{
    remote::remote_box_with,
    support::{
        TestBox,
        client::{LEGACY, Raw, answer, http_with},
        double::{ADD, HANG, PROGRESS, RAISE},
        soon,
    },
};

const EXTENSION: &str = "io.modelcontextprotocol/tasks";

fn config() -> GatewayConfig {
    GatewayConfig { task_after: Some(Duration::from_millis(100)), ..GatewayConfig::default() }
}

async fn slow_box() -> TestBox {
    let it = TestBox::with(config()).await;
    it.publish("slow", "hang", HANG).await;
    it.publish("maths", "add", ADD).await;
    it
}

/// Parameters of a client that understands tasks.
fn understanding(mut params: Value) -> Value {
    params["_meta"] = json!({"io.modelcontextprotocol/clientCapabilities": {"extensions": {EXTENSION: {}}}});
    params
}

async fn ask(client: &Raw, method: &str, params: Value) -> Value {
    soon(client.ask(method, understanding(params))).await
}

/// Asks about a task until it is over.
async fn over(client: &Raw, id: &str) -> Value {
    loop {
        let task = ask(client, "tasks/get", json!({"taskId": id})).await["result"].clone();
        assert_eq!(task["resultType"], "complete", "{task}");
        if task["status"] != "working" {
            return task;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_call_that_takes_long_becomes_a_task_that_can_be_cancelled() {
    let it = slow_box().await;
    let client = Raw::modern(&it.url);
    let discovered = client.ask("server/discover", json!({})).await["result"]["capabilities"].clone();
    assert_eq!((&discovered["extensions"][EXTENSION], &discovered["tasks"]), (&json!({}), &Value::Null));
    let quick = ask(&client, "tools/call", json!({"name": "add", "arguments": {"a": 1, "b": 2}})).await;
    assert_eq!(quick["result"]["structuredContent"], json!({"result": 3}), "{quick}");

    let made = ask(&client, "tools/call", json!({"name": "slow__hang"})).await["result"].clone();
    assert_eq!((&made["resultType"], &made["status"]), (&json!("task"), &json!("working")), "{made}");
    assert_eq!((&made["ttlMs"], &made["pollIntervalMs"]), (&json!(3_600_000), &json!(2_000)));
    assert!(made.get("ttl").is_none() && made.get("task").is_none() && made.get("result").is_none());
    let id = made["taskId"].as_str().unwrap();
    let working = ask(&client, "tasks/get", json!({"taskId": id})).await["result"].clone();
    assert_eq!((&working["status"], &working["createdAt"]), (&json!("working"), &made["createdAt"]));
    let updated = ask(&client, "tasks/update", json!({"taskId": id, "inputResponses": {"x": {}}})).await;
    assert_eq!(updated["result"], json!({"resultType": "complete"}));
    assert_eq!(it.double.dropped.load(Ordering::SeqCst), 0, "it runs though nobody waits");

    let cancelled = ask(&client, "tasks/cancel", json!({"taskId": id})).await;
    assert_eq!(cancelled["result"], json!({"resultType": "complete"}));
    it.double.until(&it.double.dropped, 1).await;
    let over = over(&client, id).await;
    assert_eq!(over["status"], "cancelled");
    let again = ask(&client, "tasks/cancel", json!({"taskId": id})).await;
    assert_eq!(again["result"], json!({"resultType": "complete"}), "what is over stays so");
    for method in ["tasks/get", "tasks/cancel", "tasks/update"] {
        let unknown = ask(&client, method, json!({"taskId": "f".repeat(64), "inputResponses": {}})).await;
        assert_eq!(unknown["error"]["code"], -32602, "{method}: {unknown}");
        let unnamed = ask(&client, method, json!({})).await;
        assert!(unnamed["error"]["message"].as_str().unwrap().contains("needs 'taskId'"), "{method}: {unnamed}");
    }
}

#[tokio::test]
async fn only_a_client_that_understands_tasks_gets_one() {
    let it = slow_box().await;
    let client = Raw::modern(&it.url);
    let waiting = tokio::spawn({
        let client = client.clone();
        async move { client.send("tools/call", json!({"name": "slow__hang"})).await }
    });
    it.double.until(&it.double.started, 1).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!waiting.is_finished(), "it waits for as long as it takes");
    waiting.abort();
    it.double.until(&it.double.dropped, 1).await;
    for method in ["tasks/get", "tasks/update", "tasks/cancel"] {
        let refused = client.ask(method, json!({"taskId": "x", "inputResponses": {}})).await;
        assert_eq!(refused["error"]["code"], -32021, "{method}: {refused}");
        assert_eq!(refused["error"]["data"]["requiredCapabilities"]["extensions"][EXTENSION], json!({}));
    }
    for removed in ["tasks/list", "tasks/result"] {
        assert_eq!(ask(&client, removed, json!({"taskId": "x"})).await["error"]["code"], -32601, "{removed}");
    }
    let hinted = json!({"name": "add", "arguments": {"a": 1, "b": 2}, "task": {"ttl": 1}});
    assert_eq!(ask(&client, "tools/call", hinted).await["result"]["structuredContent"], json!({"result": 3}));
    let by_its_inner_name = client.ask("mcpbox/tasks/list", json!({})).await;
    assert_eq!(by_its_inner_name["error"]["code"], -32601);
}

#[tokio::test]
async fn the_older_era_asks_for_a_task_and_waits_for_its_result() {
    let it = slow_box().await;
    it.publish("slow", "count", PROGRESS).await;
    it.publish("slow", "raise", RAISE).await;
    let client = Raw::legacy(&it.url).await;
    let tools = client.ask("tools/list", json!({})).await["result"]["tools"].clone();
    let support = |name: &str| {
        let tool = tools.as_array().unwrap().iter().find(|tool| tool["name"] == name).unwrap();
        tool["execution"]["taskSupport"].clone()
    };
    assert_eq!((support("maths__add"), support("mcpbox_get_tool")), (json!("optional"), Value::Null));

    let call = json!({"name": "slow__count", "arguments": {}, "task": {"ttl": 60_000}});
    let made = client.ask("tools/call", call).await["result"].clone();
    let (task, id) = (&made["task"], made["task"]["taskId"].as_str().unwrap().to_owned());
    assert_eq!(
        (&task["status"], &task["ttl"], &task["pollInterval"]),
        (&json!("working"), &json!(60_000), &json!(2_000))
    );
    assert!(made["_meta"]["io.modelcontextprotocol/model-immediate-response"].as_str().unwrap().contains(&id));
    let named = json!({"taskId": id});
    let result = soon(client.ask("tasks/result", named.clone())).await["result"].clone();
    assert_eq!(result["structuredContent"], json!({"result": "done"}), "{result}");
    assert_eq!(result["_meta"]["io.modelcontextprotocol/related-task"], named);
    let got = client.ask("tasks/get", named.clone()).await["result"].clone();
    assert_eq!((&got["status"], &got["statusMessage"]), (&json!("completed"), &json!("3/3: step 3")));
    assert!(got.get("ttlMs").is_none() && got.get("resultType").is_none(), "{got}");
    assert_eq!(client.ask("tasks/cancel", named).await["error"]["code"], -32602, "it is over");

    let raised = client.ask("tools/call", json!({"name": "slow__raise", "task": {}})).await["result"].clone();
    let named = json!({"taskId": raised["task"]["taskId"]});
    let result = soon(client.ask("tasks/result", named.clone())).await["result"].clone();
    assert_eq!((&result["isError"], result.get("structuredContent")), (&json!(true), None));
    assert_eq!(client.ask("tasks/get", named).await["result"]["status"], "failed");

    let hangs = client.ask("tools/call", json!({"name": "slow__hang", "task": {}})).await["result"].clone();
    let named = json!({"taskId": hangs["task"]["taskId"]});
    let cancelled = client.ask("tasks/cancel", named.clone()).await["result"].clone();
    assert_eq!(cancelled["status"], "cancelled", "{cancelled}");
    it.double.until(&it.double.dropped, 1).await;
    let result = soon(client.ask("tasks/result", named)).await["result"].clone();
    assert_eq!(result["isError"], true);
    let listed = client.ask("tasks/list", json!({})).await["result"].clone();
    let states: Vec<_> = listed["tasks"].as_array().unwrap().iter().map(|task| task["status"].clone()).collect();
    assert_eq!(states, ["cancelled", "failed", "completed"], "newest first");

    for (params, code) in
        [(json!({"name": "mcpbox_get_tool", "task": {}}), -32601), (json!({"name": "maths__ad", "task": {}}), -32602)]
    {
        let refused = client.ask("tools/call", params).await;
        assert_eq!(refused["error"]["code"], code, "{refused}");
    }
}

#[tokio::test]
async fn initialize_says_what_its_version_can() {
    let it = TestBox::start().await;
    for (version, has_tasks) in [(LEGACY, true), ("2025-06-18", false)] {
        let params =
            json!({"protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}});
        let message = json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params});
        let told = answer(Raw::modern(&it.url).post(&message, &[]).await).await["result"].clone();
        assert_eq!(told["protocolVersion"], version);
        let can = &told["capabilities"];
        assert_eq!(can["tasks"]["requests"]["tools"]["call"].is_object(), has_tasks, "{can}");
        let extended = can["extensions"].get("io.modelcontextprotocol/tasks");
        assert!(extended.is_none() && can["tools"].is_object(), "the newer era's are not offered: {can}");
    }
}

#[tokio::test]
async fn a_call_by_mcpbox_call_tool_is_a_task_like_any() {
    let it = slow_box().await;
    let client = Raw::modern(&it.url);
    let call = json!({"name": "mcpbox_call_tool", "arguments": {"name": "slow__hang"}});
    let made = ask(&client, "tools/call", call).await["result"].clone();
    assert_eq!(made["resultType"], "task", "{made}");
    ask(&client, "tasks/cancel", json!({"taskId": made["taskId"]})).await;
    it.double.until(&it.double.dropped, 1).await;
}

#[tokio::test]
async fn with_its_server_a_task_ends_and_says_so() {
    let mut it = slow_box().await;
    let client = Raw::modern(&it.url);
    let made = ask(&client, "tools/call", json!({"name": "slow__hang"})).await["result"].clone();
    it.shutdown.cancel();
    soon(it.serving.take().unwrap()).await.unwrap();
    assert_eq!(it.double.dropped.load(Ordering::SeqCst), 1);
    let id = made["taskId"].as_str().unwrap();
    let over = mcpbox_catalog::task::get(&it.catalog, &TestBox::author(), id).await.unwrap();
    assert_eq!(over.state, mcpbox_core::task::TaskState::Failed);
    assert!(over.message.unwrap().contains("call the tool again"));
}

#[tokio::test]
async fn a_revoked_token_stops_the_tasks_that_it_began() {
    let it = remote_box_with(config()).await;
    it.publish("slow", "hang", HANG).await;
    let token = async |name: &str| {
        let new = NewToken { name: name.into(), scopes: vec![Scope::Tools], expires_at: None };
        pat::create(&it.catalog, &it.reviewer, new).await.unwrap()
    };
    let (ada, eve) = (token("ada").await, token("eve").await);
    let client = |made: &MadeToken| Raw { http: http_with(made.secret.expose_secret()), ..Raw::modern(&it.url) };
    let (first, second) = (client(&ada), client(&eve));
    let made = ask(&first, "tools/call", json!({"name": "slow__hang"})).await["result"].clone();
    let named = json!({"taskId": made["taskId"]});
    assert_eq!(ask(&first, "tasks/get", named.clone()).await["result"]["status"], "working");
    for method in ["tasks/get", "tasks/cancel"] {
        let unknown = ask(&second, method, named.clone()).await;
        assert_eq!(unknown["error"]["code"], -32602, "{method}: {unknown}");
    }
    assert_eq!(it.double.dropped.load(Ordering::SeqCst), 0, "it is none of theirs");
    pat::revoke(&it.catalog, &it.reviewer, ada.token.id).await.unwrap();
    it.double.until(&it.double.dropped, 1).await;
}
