//! Stopping: running calls may finish; those that do not are told that they were interrupted.

use std::time::{Duration, Instant};

use mcpbox_gateway::GatewayConfig;
use serde_json::{Value, json};

use crate::support::{
    TestBox,
    client::{LEGACY, Listening, Raw, answer},
    double::HANG,
    soon,
};

async fn hanging(it: &TestBox, client: &Raw) -> tokio::task::JoinHandle<Value> {
    let before = it.double.started.load(std::sync::atomic::Ordering::SeqCst);
    let client = client.clone();
    let call =
        tokio::spawn(async move { answer(client.send("tools/call", json!({"name": "slow__hang"})).await).await });
    it.double.until(&it.double.started, before + 1).await;
    call
}

#[tokio::test]
async fn an_idle_server_stops_at_once_even_with_listeners() {
    let mut it = TestBox::start().await;
    let legacy = Raw::legacy(&it.url).await;
    let get = legacy
        .http
        .get(&it.url)
        .header("mcp-session-id", legacy.session.as_deref().unwrap())
        .header("mcp-protocol-version", LEGACY);
    let mut stream = Listening::to(soon(get.send()).await.unwrap());
    let modern = Raw::modern(&it.url);
    let mut subscription =
        Listening::to(modern.send("subscriptions/listen", json!({"notifications": {"toolsListChanged": true}})).await);
    subscription.next().await.unwrap();
    let begun = Instant::now();
    it.shutdown.cancel();
    soon(it.serving.take().unwrap()).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    assert!(stream.next().await.is_none());
}

#[tokio::test]
async fn calls_that_do_not_finish_in_time_are_reported_as_interrupted() {
    let mut it = TestBox::with(GatewayConfig { drain: Duration::from_millis(300), ..GatewayConfig::default() }).await;
    it.publish("slow", "hang", HANG).await;
    let legacy = hanging(&it, &Raw::legacy(&it.url).await).await;
    let modern = hanging(&it, &Raw::modern(&it.url)).await;
    let begun = Instant::now();
    it.shutdown.cancel();
    for call in [legacy, modern] {
        let result = soon(call).await.unwrap()["result"].clone();
        assert_eq!(result["isError"], true, "{result}");
        assert!(result["content"][0]["text"].as_str().unwrap().contains("interrupted"), "{result}");
        assert_eq!(result["structuredContent"]["kind"], "cancelled");
    }
    soon(it.serving.take().unwrap()).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    it.double.until(&it.double.dropped, 2).await;
}
