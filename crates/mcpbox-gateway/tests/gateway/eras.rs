//! The same box for both protocol eras, by hand and through the official client.
#![expect(deprecated, reason = "MCP is about to drop its logging; clients of both eras still ask for it")]

use std::time::{Duration, Instant};

use rmcp::{
    ClientHandler, RoleClient, ServiceExt,
    model::{
        CallToolRequestParams, ClientConfig, LoggingLevel, LoggingMessageNotificationParam, ProtocolVersion,
        SetLevelRequestParams,
    },
    service::{ClientLifecycleMode, ClientServiceExt, NotificationContext},
    transport::{StreamableHttpClientTransport, streamable_http_client::StreamableHttpClientTransportConfig},
};
use serde_json::{Value, json};

use crate::support::{
    TestBox,
    client::{LEGACY, MODERN, Raw, answer, events, http, is_stream},
    double::{ADD, BLOCKS, LARGE, LOG, PROGRESS, RAISE},
};

async fn clients(url: &str) -> [Raw; 2] {
    [Raw::legacy(url).await, Raw::modern(url)]
}

#[tokio::test]
async fn both_eras_list_and_call_the_same_tools() {
    let it = TestBox::start().await;
    it.publish("maths", "add", ADD).await;
    for client in clients(&it.url).await {
        let names = client.listed().await;
        assert!(names.contains(&"maths__add".to_owned()) && names.contains(&"mcpbox_create_tool".to_owned()));
        for name in ["maths__add", "add"] {
            let result = client.call(name, json!({"a": 2, "b": 3})).await;
            assert_eq!(result["structuredContent"], json!({"result": 5}), "{result}");
            assert_eq!(result["content"][0]["text"], "5");
        }
        let through =
            client.call("mcpbox_call_tool", json!({"name": "maths__add", "arguments": {"a": 1, "b": 1}})).await;
        assert_eq!(through["structuredContent"], json!({"result": 2}));
    }
}

#[tokio::test]
async fn the_newer_era_says_who_answers_and_how_long_a_list_is_fresh() {
    let it = TestBox::start().await;
    let client = Raw::modern(&it.url);
    let discovered = client.ask("server/discover", json!({})).await["result"].clone();
    let versions = discovered["supportedVersions"].as_array().unwrap();
    assert!(versions.contains(&json!(MODERN)) && versions.contains(&json!(LEGACY)), "{discovered}");
    assert_eq!(discovered["capabilities"]["tools"]["listChanged"], true);
    assert_eq!(discovered["cacheScope"], "private");
    assert!(discovered["instructions"].as_str().unwrap().contains("mcpbox_create_tool"));
    let list = client.ask("tools/list", json!({})).await["result"].clone();
    assert_eq!((&list["cacheScope"], &list["resultType"]), (&json!("private"), &json!("complete")));
    assert!(list["ttlMs"].as_u64().unwrap() <= 10_000);
    let result = client.call("mcpbox_list_servers", json!({})).await;
    for answered in [discovered, list, result] {
        assert_eq!(answered["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "mcpbox", "{answered}");
    }
}

#[tokio::test]
async fn the_older_era_keeps_its_shape() {
    let it = TestBox::start().await;
    let client = Raw::legacy(&it.url).await;
    let list = client.ask("tools/list", json!({})).await["result"].clone();
    for newer in ["ttlMs", "cacheScope", "resultType", "nextCursor", "_meta"] {
        assert!(list.get(newer).is_none(), "{newer}");
    }
    assert_eq!(client.ask("ping", json!({})).await["result"], json!({}));
    for (method, list) in [
        ("prompts/list", "prompts"),
        ("resources/list", "resources"),
        ("resources/templates/list", "resourceTemplates"),
    ] {
        assert_eq!(client.ask(method, json!({})).await["result"], json!({list: []}), "{method}");
    }
    let subscribed = client.ask("resources/subscribe", json!({"uri": "notes://all"})).await;
    assert_eq!(subscribed["error"]["code"], -32601, "{subscribed}");
}

#[tokio::test]
async fn the_official_client_works_in_both_eras() {
    let it = TestBox::start().await;
    it.publish("maths", "add", ADD).await;
    let config = StreamableHttpClientTransportConfig::with_uri(it.url.clone());
    let transport = || StreamableHttpClientTransport::with_client(http(), config.clone());
    let older = ClientConfig::default().serve(transport()).await.unwrap();
    let discover = ClientLifecycleMode::Discover { preferred_versions: vec![ProtocolVersion::V_2026_07_28] };
    let newer = ClientConfig::default().serve_with_lifecycle(transport(), discover).await.unwrap();
    for client in [older, newer] {
        let arguments = json!({"a": 20, "b": 22}).as_object().unwrap().clone();
        let result =
            client.call_tool(CallToolRequestParams::new("maths__add").with_arguments(arguments)).await.unwrap();
        assert_eq!(result.structured_content, Some(json!({"result": 42})));
        assert!(client.list_all_tools().await.unwrap().iter().any(|tool| tool.name == "maths__add"));
        client.cancel().await.unwrap();
    }
}

#[tokio::test]
async fn progress_comes_before_the_answer_and_only_when_asked_for() {
    let it = TestBox::start().await;
    it.publish("slow", "count", PROGRESS).await;
    for client in clients(&it.url).await {
        let plain = client.send("tools/call", json!({"name": "slow__count"})).await;
        assert!(!is_stream(&plain), "an answer without progress is JSON");
        assert_eq!(answer(plain).await["result"]["structuredContent"], json!({"result": "done"}));
        let asked = json!({"name": "slow__count", "_meta": {"progressToken": "p1"}});
        let messages = events(client.send("tools/call", asked).await).await;
        let (last, progress) = messages.split_last().unwrap();
        assert_eq!(last["result"]["structuredContent"], json!({"result": "done"}));
        let steps: Vec<_> = progress.iter().map(|message| &message["params"]).collect();
        assert_eq!(steps.len(), 3, "{progress:?}");
        for (step, done) in steps.iter().zip(1..) {
            assert_eq!(step["progressToken"], "p1");
            assert_eq!(step["progress"].as_f64(), Some(f64::from(done)));
            assert_eq!((step["total"].as_f64(), &step["message"]), (Some(3.0), &json!(format!("step {done}"))));
        }
    }
}

#[tokio::test]
async fn what_a_tool_logs_is_told_in_the_newer_era_to_a_request_that_asks_for_it() {
    let it = TestBox::start().await;
    it.publish("chatty", "talk", LOG).await;
    let client = Raw::modern(&it.url);
    for level in [None, Some("warning"), Some("info"), Some("debug")] {
        let meta = level.map_or_else(|| json!({}), |level| json!({"io.modelcontextprotocol/logLevel": level}));
        let response = client.send("tools/call", json!({"name": "chatty__talk", "_meta": meta})).await;
        if !matches!(level, Some("info" | "debug")) {
            assert!(!is_stream(&response), "{level:?} wants no lines of information");
            continue;
        }
        let messages = events(response).await;
        let (last, lines) = messages.split_last().unwrap();
        assert_eq!(last["result"]["structuredContent"], json!({"result": "done"}));
        assert!(lines.iter().all(|line| line["method"] == "notifications/message"), "{lines:?}");
        let said: Vec<_> = lines.iter().map(|line| (&line["params"]["level"], &line["params"]["data"])).collect();
        assert_eq!(said, [(&json!("info"), &json!("first")), (&json!("info"), &json!("second"))]);
        assert_eq!(lines[0]["params"]["logger"], "chatty__talk");
    }
}

#[tokio::test]
async fn what_a_tool_logs_is_told_in_the_older_era_once_the_session_asked_for_it() {
    let it = TestBox::start().await;
    it.publish("chatty", "talk", LOG).await;
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let config = StreamableHttpClientTransportConfig::with_uri(it.url.clone());
    let transport = StreamableHttpClientTransport::with_client(http(), config);
    let client = Hearing(told).serve(transport).await.unwrap();
    assert!(client.peer_info().unwrap().capabilities.logging.is_some());
    let call = || client.call_tool(CallToolRequestParams::new("chatty__talk"));
    call().await.unwrap();
    client.set_level(SetLevelRequestParams::new(LoggingLevel::Error)).await.unwrap();
    call().await.unwrap();
    client.set_level(SetLevelRequestParams::new(LoggingLevel::Info)).await.unwrap();
    call().await.unwrap();
    for expected in ["first", "second"] {
        let param = tokio::time::timeout(Duration::from_secs(10), heard.recv()).await.unwrap().unwrap();
        assert_eq!((param.level, &param.data), (LoggingLevel::Info, &json!(expected)));
    }
    client.cancel().await.unwrap();
    assert!(heard.recv().await.is_none(), "nothing was told before it was asked for");
}

/// A client that keeps what it is told.
struct Hearing(tokio::sync::mpsc::UnboundedSender<LoggingMessageNotificationParam>);

impl ClientHandler for Hearing {
    async fn on_logging_message(&self, param: LoggingMessageNotificationParam, _: NotificationContext<RoleClient>) {
        let _ = self.0.send(param);
    }
}

#[tokio::test]
async fn a_failing_tool_is_a_result_that_the_client_can_read() {
    let it = TestBox::start().await;
    it.publish("bad", "boom", RAISE).await;
    for client in clients(&it.url).await {
        let failed = client.call("bad__boom", json!({})).await;
        assert_eq!(failed["isError"], true);
        assert!(failed["content"][0]["text"].as_str().unwrap().starts_with("exception: ValueError: boom"), "{failed}");
        // The tool has an output schema: clients of the older era would check the failure against it.
        let failure = match client.session {
            Some(_) => {
                assert!(failed.get("structuredContent").is_none());
                failed["_meta"]["mcpbox/failure"].clone()
            }
            None => failed["structuredContent"].clone(),
        };
        assert_eq!((&failure["kind"], &failure["line"]), (&json!("exception"), &json!(3)));
        let wrong = client.call("bad__boom", json!({"nonsense": 1})).await;
        assert_eq!(wrong["isError"], true, "{wrong}");
        assert!(wrong["content"][0]["text"].as_str().unwrap().starts_with("invalid_arguments"), "{wrong}");
    }
}

#[tokio::test]
async fn content_blocks_of_a_tool_pass_through() {
    let it = TestBox::start().await;
    it.publish("art", "picture", BLOCKS).await;
    for client in clients(&it.url).await {
        let result = client.call("art__picture", json!({})).await;
        assert_eq!(result["content"], json!([{"type": "image", "data": "aGk=", "mimeType": "image/png"}]));
    }
}

#[tokio::test]
async fn structured_content_fits_the_listed_output_schema() {
    let it = TestBox::start().await;
    it.publish("maths", "add", ADD).await;
    let client = Raw::modern(&it.url);
    let list = client.ask("tools/list", json!({})).await;
    let tool = list["result"]["tools"].as_array().unwrap().iter().find(|tool| tool["name"] == "maths__add").unwrap();
    let result = client.call("maths__add", json!({"a": 1, "b": 2})).await;
    let schema = jsonschema::draft202012::new(&tool["outputSchema"]).unwrap();
    assert!(schema.is_valid(&result["structuredContent"]), "{tool} {result}");
    assert!(jsonschema::draft202012::new(&tool["inputSchema"]).unwrap().is_valid(&json!({"a": 1, "b": 2})));
}

#[tokio::test]
async fn a_small_answer_in_a_stream_does_not_wait_for_the_network_stack() {
    let it = TestBox::start().await;
    it.publish("slow", "count", PROGRESS).await;
    for client in clients(&it.url).await {
        let mut best = Duration::MAX;
        for _ in 0..20 {
            let begun = Instant::now();
            let asked = json!({"name": "slow__count", "_meta": {"progressToken": 1}});
            let messages: Vec<Value> = events(client.send("tools/call", asked).await).await;
            assert_eq!(messages.len(), 4);
            best = best.min(begun.elapsed());
        }
        assert!(best < Duration::from_millis(10), "{best:?}");
    }
}

#[tokio::test]
async fn large_results_arrive_whole() {
    let it = TestBox::start().await;
    it.publish("text", "large", LARGE).await;
    for client in clients(&it.url).await {
        let result = client.call("text__large", json!({"size": 500_000})).await;
        assert_eq!(result["content"][0]["text"].as_str().unwrap().len(), 500_000);
    }
}

#[tokio::test]
async fn without_sessions_the_older_era_is_served_as_well() {
    let config = mcpbox_gateway::GatewayConfig { legacy_sessions: false, ..Default::default() };
    let it = TestBox::with(config).await;
    it.publish("maths", "add", ADD).await;
    let client = Raw::modern(&it.url);
    let params = json!({"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}});
    let response =
        client.post(&json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params}), &[]).await;
    assert!(!response.headers().contains_key("mcp-session-id"));
    assert_eq!(answer(response).await["result"]["protocolVersion"], LEGACY);
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "add", "arguments": {"a": 1, "b": 2}}});
    let response = client.post(&call, &[("mcp-protocol-version", LEGACY)]).await;
    assert_eq!(answer(response).await["result"]["structuredContent"], json!({"result": 3}));
}
