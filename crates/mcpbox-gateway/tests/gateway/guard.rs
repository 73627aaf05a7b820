//! Who may knock at the door.

use std::num::NonZeroU32;

use mcpbox_gateway::{GatewayConfig, ROUTES, RateLimits};
use mcpbox_listen::Limits;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{
    TestBox,
    client::{Raw, answer, http},
    double::{ADD, HANG},
    soon,
};

#[tokio::test]
async fn web_pages_and_proxies_are_refused_with_a_sentence() {
    let it = TestBox::start().await;
    let client = Raw::modern(&it.url);
    let (body, headers) = client.message("tools/list", json!({}));
    let refused = [
        ("host", "evil.example", "MCPBOX_MCP_URL"),
        ("origin", "https://evil.example", "MCPBOX_MCP_ALLOWED_ORIGINS"),
        ("origin", "null", "MCPBOX_MCP_ALLOWED_ORIGINS"),
        ("x-forwarded-for", "203.0.113.1", "proxy or tunnel"),
        ("forwarded", "for=203.0.113.1", "proxy or tunnel"),
        ("cf-connecting-ip", "203.0.113.1", "proxy or tunnel"),
        ("x-real-ip", "203.0.113.1", "proxy or tunnel"),
    ];
    for (name, value, says) in refused {
        for method in [Method::POST, Method::GET, Method::DELETE] {
            let mut request = client.http.request(method, &it.url).header("content-type", "application/json");
            for (name, value) in &headers {
                request = request.header(name, value);
            }
            let response = request.header(name, value).body(body.to_string()).send().await.unwrap();
            assert_eq!(response.status(), StatusCode::FORBIDDEN, "{name}: {value}");
            let refused = answer(response).await;
            assert!(refused["error"]["message"].as_str().unwrap().contains(says), "{name}: {refused}");
        }
    }
}

#[tokio::test]
async fn with_a_token_nobody_gets_in_without_it_and_sessions_do_not_open_the_door() {
    let config = GatewayConfig { bearer: Some("s3cret-token".into()), ..GatewayConfig::default() };
    let it = TestBox::with(config).await;
    let client = Raw::modern(&it.url);
    let (body, headers) = client.message("tools/list", json!({}));
    let mut headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    for wrong in ["Bearer wrong", "Bearer s3cret-toke", "Basic s3cret-token", ""] {
        let response = client.request(&body, &headers).header("authorization", wrong).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{wrong}");
        assert!(response.headers()["www-authenticate"].to_str().unwrap().starts_with("Bearer"));
    }
    headers.push(("authorization", "Bearer s3cret-token"));
    assert_eq!(client.post(&body, &headers).await.status(), StatusCode::OK);
    // Who came with a token is no local principal: deleting is not for it.
    let (body, own) =
        client.message("tools/call", json!({"name": "mcpbox_delete_server", "arguments": {"server_id": "x"}}));
    let mut headers: Vec<_> = own.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    headers.push(("authorization", "Bearer s3cret-token"));
    let refused = answer(client.post(&body, &headers).await).await;
    assert_eq!(refused["result"]["structuredContent"]["kind"], "forbidden", "{refused}");
}

#[tokio::test]
async fn only_the_mcp_paths_exist_and_nothing_of_the_admin() {
    let it = TestBox::start().await;
    it.publish("maths", "add", ADD).await;
    let base = it.url.trim_end_matches("/mcp").to_owned();
    let client = http();
    for route in ROUTES {
        let path = route.replace("{name}", "maths");
        let response = client.get(format!("{base}{path}")).send().await.unwrap();
        assert_ne!(response.status(), StatusCode::NOT_FOUND, "{path}");
    }
    for path in [
        "/",
        "/api",
        "/api/reviews",
        "/api/setup",
        "/api/login",
        "/api/session",
        "/api/servers",
        "/api/openapi.json",
        "/openapi.json",
        "/admin",
        "/metrics",
        "/setup",
        "/login",
        "/mcp/reviews",
        "/mcp/servers",
        "/mcp/../api/reviews",
        "/oauth/token",
    ] {
        for method in [Method::GET, Method::POST, Method::PUT, Method::DELETE] {
            let response = client.request(method, format!("{base}{path}")).body("{}").send().await.unwrap();
            assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
        }
    }
    let health: Value = client.get(format!("{base}/health")).send().await.unwrap().json().await.unwrap();
    assert_eq!(health, json!({"status": "ok"}));
}

#[tokio::test]
async fn too_many_calls_are_told_when_to_come_back() {
    let limits = RateLimits { per_tool: NonZeroU32::new(3), per_client: NonZeroU32::new(8) };
    let it = TestBox::with(GatewayConfig { rate_limits: limits, ..GatewayConfig::default() }).await;
    it.publish("maths", "add", ADD).await;
    let client = Raw::modern(&it.url);
    let numbers = json!({"a": 1, "b": 1});
    // However it is called, it is the same tool.
    client.manage("maths__add", numbers.clone()).await;
    client.manage("add", numbers.clone()).await;
    client.manage("mcpbox_call_tool", json!({"name": "maths__add", "arguments": numbers})).await;
    let refused = client.call("add", numbers.clone()).await;
    assert_eq!((&refused["isError"], &refused["structuredContent"]["kind"]), (&json!(true), &json!("rate_limited")));
    let text = refused["content"][0]["text"].as_str().unwrap();
    assert!(text.contains("Try again in") && text.contains(" s."), "{text}");
    for _ in 0..4 {
        client.manage("mcpbox_list_servers", json!({})).await;
    }
    let refused = client.call("mcpbox_list_servers", json!({})).await;
    assert_eq!(refused["structuredContent"]["kind"], "rate_limited");
}

#[tokio::test]
async fn a_client_that_sends_its_headers_too_slowly_is_cut_off() {
    let config = GatewayConfig::default();
    let limits = Limits { head: std::time::Duration::from_millis(200), ..config.limits };
    let it = TestBox::with(GatewayConfig { limits, ..config }).await;
    let address = it.url.trim_start_matches("http://").trim_end_matches("/mcp").to_owned();
    let mut stream = tokio::net::TcpStream::from_std({
        let stream = std::net::TcpStream::connect(address).unwrap();
        stream.set_nonblocking(true).unwrap();
        stream
    })
    .unwrap();
    stream.write_all(b"POST /mcp HTTP/1.1\r\nHost: localhost\r\n").await.unwrap();
    let mut rest = Vec::new();
    soon(stream.read_to_end(&mut rest)).await.unwrap();
    assert!(!String::from_utf8_lossy(&rest).contains("200 OK"));
}

#[tokio::test]
async fn when_all_places_are_taken_whoever_is_idle_makes_room_and_a_call_does_not() {
    let config = GatewayConfig::default();
    let limits = Limits { connections: 1, ..config.limits };
    let it = TestBox::with(GatewayConfig { limits, ..config }).await;
    it.publish("slow", "hang", HANG).await;
    for _ in 0..3 {
        // Each is a connection of its own, and idles from here on.
        assert!(!Raw::modern(&it.url).listed().await.is_empty());
    }
    let caller = Raw::modern(&it.url);
    let call = tokio::spawn(async move { caller.send("tools/call", json!({"name": "slow__hang"})).await });
    it.double.until(&it.double.started, 1).await;
    let health = it.url.replace("/mcp", "/health");
    if let Ok(refused) = soon(http().get(&health).send()).await {
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(refused.headers()["retry-after"], "1");
    }
    assert!(!call.is_finished(), "a call is not sent away for somebody else");
    call.abort();
    it.double.until(&it.double.dropped, 1).await;
    soon(async {
        while !http().get(&health).send().await.is_ok_and(|answer| answer.status().is_success()) {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn sessions_are_bounded_and_the_one_idle_longest_makes_room() {
    let it = TestBox::with(GatewayConfig { max_sessions: 2, ..GatewayConfig::default() }).await;
    let first = Raw::legacy(&it.url).await;
    let second = Raw::legacy(&it.url).await;
    assert!(!first.listed().await.is_empty());
    let third = Raw::legacy(&it.url).await;
    assert_eq!(second.send("tools/list", json!({})).await.status(), StatusCode::NOT_FOUND);
    for client in [first, third] {
        assert!(!client.listed().await.is_empty());
    }
}
