//! `tools/list_changed`, in both eras.

use std::time::Duration;

use futures::StreamExt;
use mcpbox_gateway::GatewayConfig;
use serde_json::{Value, json};

use crate::support::{
    TestBox,
    client::{LEGACY, Listening, Raw},
    double::ADD,
    soon,
};

async fn opened(client: &Raw) -> reqwest::Response {
    let request = client
        .http
        .get(&client.url)
        .header("accept", "text/event-stream")
        .header("mcp-session-id", client.session.as_deref().unwrap())
        .header("mcp-protocol-version", LEGACY);
    soon(request.send()).await.unwrap()
}

async fn listening(client: &Raw) -> Listening {
    Listening::to(opened(client).await)
}

#[tokio::test]
async fn a_session_hears_of_an_approved_tool() {
    let it = TestBox::start().await;
    let client = Raw::legacy(&it.url).await;
    let mut stream = listening(&client).await;
    it.publish("maths", "add", ADD).await;
    let told = stream.next().await.unwrap();
    assert_eq!(told["method"], "notifications/tools/list_changed");
    assert!(client.listed().await.contains(&"maths__add".to_owned()));
}

#[tokio::test]
async fn a_subscription_hears_of_what_it_asked_for_and_ends_with_the_server() {
    let it = TestBox::start().await;
    let client = Raw::modern(&it.url);
    let asked = json!({"notifications": {"toolsListChanged": true, "promptsListChanged": true}});
    let mut stream = Listening::to(client.send("subscriptions/listen", asked).await);
    let acknowledged = stream.next().await.unwrap();
    assert_eq!(acknowledged["method"], "notifications/subscriptions/acknowledged", "{acknowledged}");
    assert_eq!(acknowledged["params"]["notifications"], json!({"toolsListChanged": true, "promptsListChanged": true}));
    it.publish("maths", "add", ADD).await;
    let told = stream.next().await.unwrap();
    assert_eq!(told["method"], "notifications/tools/list_changed", "{told}");
    assert_eq!(told["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"], json!(1), "{told}");
    it.shutdown.cancel();
    let mut rest: Vec<Value> = Vec::new();
    while let Some(message) = stream.next().await {
        rest.push(message);
    }
    assert!(
        rest.last().is_some_and(|last| last.get("result").is_some()),
        "a last word when the server stops: {rest:?}"
    );
}

#[tokio::test]
async fn many_changes_at_once_are_told_once() {
    let it = TestBox::start().await;
    it.publish("maths", "add", ADD).await;
    let client = Raw::modern(&it.url);
    let mut stream =
        Listening::to(client.send("subscriptions/listen", json!({"notifications": {"toolsListChanged": true}})).await);
    stream.next().await.unwrap();
    for _ in 0..3 {
        client.manage("mcpbox_stop_server", json!({"server_id": "maths"})).await;
        client.manage("mcpbox_start_server", json!({"server_id": "maths"})).await;
    }
    // What comes last ends the counting: a tool that is new.
    it.publish("maths", "sum", ADD).await;
    let mut told = 0;
    loop {
        assert_eq!(stream.next().await.unwrap()["method"], "notifications/tools/list_changed");
        told += 1;
        if client.listed().await.contains(&"maths__sum".to_owned()) {
            break;
        }
    }
    assert!((1..=5).contains(&told), "told {told} times for 7 changes and more");
}

#[tokio::test]
async fn a_silent_stream_says_that_it_is_alive() {
    assert_eq!(GatewayConfig::default().heartbeat, Duration::from_secs(15));
    let it = TestBox::with(GatewayConfig { heartbeat: Duration::from_millis(20), ..GatewayConfig::default() }).await;
    let client = Raw::legacy(&it.url).await;
    let response = opened(&client).await;
    let mut bytes = response.bytes_stream();
    let mut seen = String::new();
    while seen.lines().filter(|line| line.starts_with(':')).count() < 3 {
        seen.push_str(&String::from_utf8_lossy(&soon(bytes.next()).await.unwrap().unwrap()));
    }
}
