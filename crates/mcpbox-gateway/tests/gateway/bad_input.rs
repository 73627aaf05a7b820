//! What clients get wrong, and that the answer says so.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{
    TestBox,
    client::{LEGACY, MODERN, Raw, answer, modern_meta},
    double::ADD,
};

#[tokio::test]
async fn broken_messages_get_a_json_rpc_error_that_says_what_is_wrong() {
    let it = TestBox::start().await;
    let client = Raw::modern(&it.url);
    let call = |params: &str| format!(r#"{{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{params}}}"#);
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let cases: Vec<(String, i64, Value, &str)> = vec![
        ("{\"jsonrpc\": ".into(), -32700, Value::Null, "not valid JSON"),
        (String::new(), -32700, Value::Null, "not valid JSON"),
        ("\u{0}\u{1}".into(), -32700, Value::Null, "not valid JSON"),
        (deep, -32700, Value::Null, "not valid JSON"),
        ("[]".into(), -32600, Value::Null, "Batches"),
        ("5".into(), -32600, Value::Null, "one JSON-RPC message"),
        (r#"{"id":7,"method":"ping"}"#.into(), -32600, json!(7), "'jsonrpc'"),
        (r#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#.into(), -32600, Value::Null, "'id'"),
        (r#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#.into(), -32600, Value::Null, "'id'"),
        (r#"{"jsonrpc":"2.0","id":7,"method":5}"#.into(), -32600, json!(7), "'method'"),
        (r#"{"jsonrpc":"2.0","id":7}"#.into(), -32600, json!(7), "'method'"),
        (r#"{"jsonrpc":"2.0","id":7,"method":"ping","params":[]}"#.into(), -32602, json!(7), "'params'"),
        (call(r#"{"name":5}"#), -32602, json!(7), "'name'"),
        (call("{}"), -32602, json!(7), "'name'"),
        (call(r#"{"name":"x","arguments":"{}"}"#), -32602, json!(7), "'arguments'"),
        (call(r#"{"name":"x","arguments":[1]}"#), -32602, json!(7), "'arguments'"),
        (r#"{"jsonrpc":"2.0","id":7,"method":"initialize","params":{}}"#.into(), -32602, json!(7), "'protocolVersion'"),
        (
            format!(r#"{{"jsonrpc":"2.0","id":7,"method":"initialize","params":{{"protocolVersion":"{LEGACY}"}}}}"#),
            -32602,
            json!(7),
            "'clientInfo'",
        ),
    ];
    for (body, code, id, says) in cases {
        let shown: String = body.chars().take(80).collect();
        let request = client.http.post(&client.url).header("content-type", "application/json").body(body);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{shown}");
        let answer = answer(response).await;
        assert_eq!((&answer["error"]["code"], &answer["id"]), (&json!(code), &id), "{shown}: {answer}");
        assert!(answer["error"]["message"].as_str().unwrap().contains(says), "{shown}: {answer}");
    }
}

#[tokio::test]
async fn http_around_the_message_may_be_sloppy_but_not_wrong() {
    let it = TestBox::start().await;
    let client = Raw::modern(&it.url);
    let (body, headers) = client.message("tools/list", json!({}));
    let with = |accept: Option<&str>, content_type: Option<&str>| {
        let mut request = client.http.post(&client.url).body(body.to_string());
        for (name, value) in &headers {
            request = request.header(name, value);
        }
        request = accept.map_or(client.http.post(&client.url), |_| request.try_clone().unwrap());
        if let Some(accept) = accept.filter(|accept| !accept.is_empty()) {
            request = request.header("accept", accept);
        }
        content_type.iter().fold(request, |request, value| request.header("content-type", *value))
    };
    for accept in ["", "*/*", "application/json", "text/event-stream", "text/html"] {
        let response = with(Some(accept), Some("application/json; charset=utf-8")).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "accept {accept}");
    }
    for content_type in [Some("text/plain"), Some("application/x-www-form-urlencoded"), None] {
        let response = with(Some("*/*"), content_type).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE, "{content_type:?}");
        assert!(answer(response).await["error"]["message"].as_str().unwrap().contains("application/json"));
    }
}

#[tokio::test]
async fn a_message_that_is_too_large_is_refused_and_the_client_learns_it() {
    let it = TestBox::start().await;
    let client = Raw::modern(&it.url);
    let large = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {"name": "x", "arguments": {"text": "x".repeat(10 << 20)}}});
    let response = client.post(&large, &[]).await;
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let refused = answer(response).await;
    assert!(refused["error"]["message"].as_str().unwrap().contains("4 MiB"), "{refused}");
    // The same without a length known ahead.
    let chunks = futures::stream::iter((0..10).map(|_| Ok::<_, std::io::Error>(vec![b' '; 1 << 20])));
    let request = client.http.post(&client.url).header("content-type", "application/json");
    let response = request.body(reqwest::Body::wrap_stream(chunks)).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert!(!client.listed().await.is_empty(), "the next request works");
}

#[tokio::test]
async fn headers_of_the_newer_era_must_fit_the_message() {
    let it = TestBox::start().await;
    it.publish("maths", "add", ADD).await;
    let client = Raw::modern(&it.url);
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {"name": "maths__add", "arguments": {"a": 1, "b": 2}, "_meta": modern_meta()}});
    let right = [("mcp-protocol-version", MODERN), ("mcp-method", "tools/call"), ("mcp-name", "maths__add")];
    assert_eq!(answer(client.post(&call, &right).await).await["result"]["structuredContent"], json!({"result": 3}));
    let wrong = [
        vec![right[0], right[1], ("mcp-name", "maths__sub")],
        vec![right[0], ("mcp-method", "tools/list"), right[2]],
        vec![("mcp-protocol-version", LEGACY), right[1], right[2]],
        vec![right[0], right[1]],
        vec![right[0], right[2]],
        vec![right[1], right[2]],
    ];
    for headers in wrong {
        let response = client.post(&call, &headers).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{headers:?}");
        let refused = answer(response).await;
        assert_eq!(refused["error"]["code"], -32020, "{headers:?}: {refused}");
    }
    let bare = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}});
    let response = client.post(&bare, &[("mcp-protocol-version", MODERN), ("mcp-method", "tools/list")]).await;
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert_eq!(answer(response).await["error"]["code"], -32602);
}

#[tokio::test]
async fn an_unknown_version_is_refused_with_the_known_ones() {
    let it = TestBox::start().await;
    let client = Raw::modern(&it.url);
    let mut meta = modern_meta();
    meta["io.modelcontextprotocol/protocolVersion"] = json!("2099-01-01");
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": meta}});
    let response = client.post(&list, &[("mcp-protocol-version", "2099-01-01"), ("mcp-method", "tools/list")]).await;
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    let refused = answer(response).await;
    assert_eq!(refused["error"]["code"], -32022, "{refused}");
    assert!(refused.to_string().contains(MODERN), "{refused}");
}

#[tokio::test]
async fn an_unknown_tool_is_a_protocol_error_with_the_nearest_names() {
    let it = TestBox::start().await;
    it.publish("weather_api", "get_weather", ADD).await;
    for client in [Raw::legacy(&it.url).await, Raw::modern(&it.url)] {
        for (name, meant) in [
            ("weather_api__get_wether", "weather_api__get_weather"),
            ("get_wether", "weather_api__get_weather"),
            ("mcpbox_creat_tool", "mcpbox_create_tool"),
            ("mcpbox_make_tool", "mcpbox_create_tool"),
        ] {
            let refused = client.ask("tools/call", json!({"name": name, "arguments": {}})).await;
            assert_eq!(refused["error"]["code"], -32602, "{refused}");
            assert!(refused["error"]["message"].as_str().unwrap().contains(meant), "{refused}");
            assert_eq!(refused["error"]["data"]["nearest"][0], meant, "{refused}");
            assert_eq!(refused["error"]["data"]["next"]["tool"], meant, "{refused}");
        }
        // Asked for by search, the same slip is a result: the LLM named it, not the client.
        let result = client.call("mcpbox_call_tool", json!({"name": "get_wether"})).await;
        assert_eq!((&result["isError"], &result["structuredContent"]["kind"]), (&json!(true), &json!("not_found")));
    }
}

#[tokio::test]
async fn a_cursor_that_was_never_given_out_is_refused() {
    let it = TestBox::start().await;
    for client in [Raw::legacy(&it.url).await, Raw::modern(&it.url)] {
        assert_eq!(client.ask("tools/list", json!({"cursor": "x"})).await["error"]["code"], -32602);
    }
}

#[tokio::test]
async fn a_session_that_does_not_exist_is_not_found() {
    let it = TestBox::start().await;
    let mut client = Raw::modern(&it.url);
    client.session = Some("00000000-0000-4000-8000-000000000000".into());
    let response = client.send("tools/list", json!({})).await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    assert!(answer(response).await["error"]["message"].as_str().unwrap().contains("initialize"));
    let response = client.http.get(&it.url).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert!(answer(response).await["error"]["message"].as_str().unwrap().contains("initialize first"));
    client.session = None;
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    let response = client.post(&list, &[]).await;
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert!(answer(response).await["error"]["message"].as_str().unwrap().contains("initialize first"));
}

#[tokio::test]
async fn wrong_arguments_of_management_tools_are_explained() {
    let it = TestBox::start().await;
    let client = Raw::modern(&it.url);
    let cases = [
        ("mcpbox_create_server", json!({}), "'name' is missing"),
        ("mcpbox_create_server", json!({"name": 5}), "'name' must be text, not a number"),
        ("mcpbox_create_server", json!({"name": null}), "'name' must be text, not null"),
        ("mcpbox_create_server", json!({"nmae": "a"}), "did you mean 'name'?"),
        ("mcpbox_list_servers", json!({"page_size": 101}), "from 1 to 100"),
        ("mcpbox_list_servers", json!({"page": "two"}), "must be a whole number, not text"),
        ("mcpbox_list_servers", json!({"page": 1.5}), "must be a whole number"),
        ("mcpbox_get_tool_logs", json!({"tool_id": "a__b", "limit": 0}), "from 1 to 50"),
        ("mcpbox_test_code", json!({"tool_id": "a__b", "arguments": "{\"a\": 1}"}), "an object itself"),
        ("mcpbox_test_code", json!({"tool_id": "a__b", "http_mocks": [{"status": 200}]}), "missing field `url`"),
        ("mcpbox_update_tool", json!({"tool_id": "a__b", "enabled": "no"}), "must be true or false"),
        ("mcpbox_create_server_secret", json!({"server_id": "a", "key": "K", "hosts": "x.de"}), "a list of texts"),
        ("mcpbox_search_tools", json!({"query": "x", "detail": "all"}), "one of: name, summary, schema"),
        ("mcpbox_list_pending_requests", json!({"x": 1}), "no argument 'x'"),
        ("mcpbox_call_tool", json!({"name": "mcpbox_list_servers"}), "call mcpbox_list_servers directly"),
    ];
    for (tool, arguments, says) in cases {
        let result = client.call(tool, arguments.clone()).await;
        assert_eq!(result["isError"], true, "{tool} {arguments}");
        assert_eq!(result["structuredContent"]["kind"], "invalid_arguments", "{tool} {arguments}: {result}");
        assert!(result["content"][0]["text"].as_str().unwrap().contains(says), "{tool} {arguments}: {result}");
    }
    // Null for what need not be given, and whole numbers written as floats, are no mistakes.
    client.manage("mcpbox_list_servers", json!({"page": 1.0, "page_size": null})).await;
}
