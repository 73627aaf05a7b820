//! Scripts that call tools: each inner call is authorised, counted, logged and ended like any other.

use std::{num::NonZeroU32, sync::atomic::Ordering};

use mcpbox_catalog::listing::{self, CallFilter};
use mcpbox_core::{call::CallRecord, paging::LogRequest, settings::Settings};
use mcpbox_gateway::{GatewayConfig, RateLimits};
use serde_json::{Value, json};

use crate::support::{
    TestBox,
    client::Raw,
    double::{ADD, HANG, SCRIPT},
    soon,
};

async fn run(client: &Raw, tool: &str, times: u32) -> Value {
    let arguments = json!({"tool": tool, "arguments": {"a": 1, "b": 2}, "times": times});
    client.call("mcpbox_run_code", json!({"code": SCRIPT, "arguments": arguments})).await["structuredContent"].clone()
}

async fn records(it: &TestBox, filter: CallFilter, count: usize) -> Vec<CallRecord> {
    soon(async {
        loop {
            let page = listing::calls(&it.catalog, &filter, LogRequest::newest(100)).await.unwrap();
            if page.items.len() >= count {
                return page.items;
            }
            tokio::task::yield_now().await;
        }
    })
    .await
}

#[tokio::test]
async fn inner_calls_are_recorded_under_the_script_and_the_script_with_its_code() {
    let it = TestBox::start().await;
    it.publish("maths", "add", ADD).await;
    assert_eq!(run(&Raw::modern(&it.url), "maths__add", 2).await, json!({"result": [3, 3]}));
    let all = records(&it, CallFilter::default(), 3).await;
    let script = all.iter().find(|record| record.tool_name == "run_code").unwrap();
    assert_eq!((script.server_name.as_str(), script.parent_id), ("mcpbox", None));
    assert_eq!(script.arguments["code"], SCRIPT);
    let inner = records(&it, CallFilter { parent: Some(script.id), ..CallFilter::default() }, 2).await;
    let of = |record: &CallRecord| (record.tool_name.clone(), record.actor == script.actor, record.parent_id);
    assert_eq!(inner.iter().map(of).collect::<Vec<_>>(), vec![("add".into(), true, Some(script.id)); 2]);
}

#[tokio::test]
async fn a_script_reaches_no_management_tool_no_script_and_no_draft() {
    let it = TestBox::start().await;
    it.publish("maths", "add", ADD).await;
    let client = Raw::modern(&it.url);
    let draft = json!({"server_id": "maths", "name": "draft", "python_code": ADD});
    client.manage("mcpbox_create_tool", draft).await;
    for (name, kind) in [
        ("mcpbox__run_code", "forbidden"),
        ("mcpbox_run_code", "forbidden"),
        ("mcpbox_create_server", "forbidden"),
        ("mcpbox__call_tool", "forbidden"),
        ("maths__draft", "not_live"),
        ("maths__ad", "not_found"),
    ] {
        let ended = &run(&client, name, 1).await["result"][0];
        assert_eq!(ended["kind"], kind, "{name}: {ended}");
        assert!(ended["hint"].is_string(), "{name}: {ended}");
    }
}

#[tokio::test]
async fn inner_calls_count_against_the_limits_of_tool_and_client() {
    let rate_limits = RateLimits { per_tool: NonZeroU32::new(2), per_client: None };
    let it = TestBox::with(GatewayConfig { rate_limits, ..GatewayConfig::default() }).await;
    it.publish("maths", "add", ADD).await;
    let ended = run(&Raw::modern(&it.url), "maths__add", 3).await["result"].clone();
    assert_eq!((&ended[0], &ended[1], &ended[2]["kind"]), (&json!(3), &json!(3), &json!("rate_limited")), "{ended}");

    let rate_limits = RateLimits { per_tool: None, per_client: NonZeroU32::new(3) };
    let it = TestBox::with(GatewayConfig { rate_limits, ..GatewayConfig::default() }).await;
    it.publish("maths", "add", ADD).await;
    let ended = run(&Raw::modern(&it.url), "maths__add", 3).await["result"].clone();
    assert_eq!(
        (&ended[1], &ended[2]["kind"]),
        (&json!(3), &json!("rate_limited")),
        "the script itself counts: {ended}"
    );
}

#[tokio::test]
async fn a_script_makes_a_hundred_calls_and_no_more() {
    let it = TestBox::start().await;
    it.publish("maths", "add", ADD).await;
    let ended = run(&Raw::modern(&it.url), "maths__add", 101).await["result"].clone();
    assert_eq!((&ended[99], &ended[100]["kind"]), (&json!(3), &json!("rate_limited")));
}

#[tokio::test]
async fn hanging_up_ends_the_script_and_what_it_calls_in_both_eras() {
    let it = TestBox::start().await;
    it.publish("slow", "hang", HANG).await;
    for (turn, client) in (1..).zip([Raw::legacy(&it.url).await, Raw::modern(&it.url)]) {
        let call = json!({"name": "mcpbox_run_code", "arguments": {
            "code": SCRIPT, "arguments": {"tool": "slow__hang", "arguments": {}}}});
        let waiting = tokio::spawn(async move { client.send("tools/call", call).await });
        it.double.until(&it.double.started, turn * 2).await;
        waiting.abort();
        it.double.until(&it.double.dropped, turn * 2).await;
    }
    let all = records(&it, CallFilter { failed: Some(true), ..CallFilter::default() }, 4).await;
    assert!(all.iter().all(|record| record.failure.as_ref().unwrap().kind.as_str() == "cancelled"), "{all:?}");
    assert_eq!(it.double.dropped.load(Ordering::SeqCst), 4);
}

#[tokio::test]
async fn what_cannot_run_says_why_and_changes_nothing() {
    let it = TestBox::start().await;
    let client = Raw::modern(&it.url);
    let refused = async |arguments: Value| {
        let result = client.call("mcpbox_run_code", arguments).await;
        assert_eq!(result["isError"], true, "{result}");
        result["structuredContent"].clone()
    };
    let no_main = refused(json!({"code": "print(1)"})).await;
    assert_eq!((&no_main["kind"], no_main["hint"].is_string()), (&json!("syntax"), true), "{no_main}");
    let broken = refused(json!({"code": "async def main(:\n    pass\n"})).await;
    assert_eq!((&broken["kind"], &broken["line"]), (&json!("syntax"), &json!(1)), "{broken}");
    let wrong = refused(json!({"code": SCRIPT, "arguments": {"tool": 7, "arguments": {}}})).await;
    assert_eq!(wrong["kind"], "invalid_arguments");
    assert!(wrong["message"].as_str().unwrap().contains("arguments.tool: expected string"), "{wrong}");
    let missing = refused(json!({"script": SCRIPT})).await;
    assert!(missing["hint"].as_str().unwrap().contains("code, arguments?"), "{missing}");
    assert_eq!(it.double.started.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn an_admin_can_switch_scripts_off() {
    let it = TestBox::start().await;
    it.publish("maths", "add", ADD).await;
    let client = Raw::modern(&it.url);
    let is_listed = async || client.listed().await.contains(&"mcpbox_run_code".to_owned());
    assert!(is_listed().await);
    it.change_settings(Settings { code_mode: false, ..Settings::default() }).await;
    assert!(!is_listed().await);
    let refused = run(&client, "maths__add", 1).await;
    assert_eq!(refused["kind"], "forbidden", "{refused}");
    assert!(refused["message"].as_str().unwrap().contains("admin"), "{refused}");
    it.change_settings(Settings::default()).await;
    assert_eq!(run(&client, "maths__add", 1).await, json!({"result": [3]}));
}
