//! Clients on stdio: joined to a server over HTTP by the bridge, or served inside their own process.

use std::time::Duration;

use mcpbox_gateway::{GatewayConfig, bridge_pipe};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, Lines, ReadHalf, WriteHalf},
    net::TcpListener,
    task::JoinHandle,
};

use crate::support::{
    TestBox,
    client::{LEGACY, MODERN, http, modern_meta},
    double::{ADD, HANG, PROGRESS},
    soon,
};

/// A client on stdio.
struct Client {
    input: Option<WriteHalf<DuplexStream>>,
    output: Lines<BufReader<ReadHalf<DuplexStream>>>,
    served: JoinHandle<()>,
}

impl Client {
    fn over(serve: impl FnOnce(DuplexStream) -> JoinHandle<()>) -> Self {
        let (ours, theirs) = tokio::io::duplex(1 << 16);
        let served = serve(theirs);
        let (read, write) = tokio::io::split(ours);
        Self { input: Some(write), output: BufReader::new(read).lines(), served }
    }

    fn bridged(url: &str) -> Self {
        let _ = http();
        let url = url.to_owned();
        Self::over(|pipe| {
            let (read, write) = tokio::io::split(pipe);
            tokio::spawn(async move { bridge_pipe(&url, None, read, write).await.unwrap() })
        })
    }

    async fn send(&mut self, message: Value) {
        let line = format!("{message}\n");
        self.input.as_mut().unwrap().write_all(line.as_bytes()).await.unwrap();
    }

    async fn next(&mut self) -> Value {
        let line = soon(self.output.next_line()).await.unwrap().expect("a line");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    /// The next message but list changes: those are gathered for a moment, so whoever connects right after one still hears it.
    async fn next_of_call(&mut self) -> Value {
        loop {
            let message = self.next().await;
            if message["method"] != "notifications/tools/list_changed" {
                return message;
            }
        }
    }

    async fn initialize(&mut self) {
        let params =
            json!({"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": {"name": "pipe", "version": "1"}});
        self.send(json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params})).await;
        assert_eq!(self.next().await["result"]["serverInfo"]["name"], "mcpbox");
        self.send(json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await;
    }

    async fn close(mut self) {
        self.input.take().unwrap().shutdown().await.unwrap();
        soon(self.served).await.unwrap();
    }
}

fn call(id: u32, name: &str, meta: Option<Value>) -> Value {
    let mut params = json!({"name": name, "arguments": {"a": 1, "b": 2}});
    if !name.ends_with("add") {
        params["arguments"] = json!({});
    }
    if let Some(meta) = meta {
        params["_meta"] = meta;
    }
    json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params})
}

#[tokio::test]
async fn the_bridge_passes_both_eras_through() {
    let it = TestBox::start().await;
    it.publish("maths", "add", ADD).await;
    it.publish("slow", "count", PROGRESS).await;
    let mut older = Client::bridged(&it.url);
    older.initialize().await;
    let mut newer = Client::bridged(&it.url);
    newer
        .send(json!({"jsonrpc": "2.0", "id": 0, "method": "server/discover", "params": {"_meta": modern_meta()}}))
        .await;
    assert!(newer.next().await["result"]["supportedVersions"].as_array().unwrap().contains(&json!(MODERN)));
    for (client, meta) in [(&mut older, None), (&mut newer, Some(modern_meta()))] {
        client.send(call(1, "maths__add", meta.clone())).await;
        let answer = client.next_of_call().await;
        assert_eq!(
            (&answer["id"], &answer["result"]["structuredContent"]),
            (&json!(1), &json!({"result": 3})),
            "{answer}"
        );
        let mut asked = meta.unwrap_or_else(|| json!({}));
        asked["progressToken"] = json!("p");
        client.send(call(2, "slow__count", Some(asked))).await;
        for step in 1..=3 {
            let told = client.next_of_call().await;
            assert_eq!(told["params"]["progress"].as_f64(), Some(f64::from(step)), "{told}");
        }
        assert_eq!(client.next_of_call().await["result"]["structuredContent"], json!({"result": "done"}));
    }
    older.close().await;
    newer.close().await;
}

#[tokio::test]
async fn the_bridge_passes_list_changes_and_cancelling_through() {
    let it = TestBox::start().await;
    it.publish("slow", "hang", HANG).await;
    let mut older = Client::bridged(&it.url);
    older.initialize().await;
    let mut newer = Client::bridged(&it.url);
    let listen = json!({"notifications": {"toolsListChanged": true}, "_meta": modern_meta()});
    newer.send(json!({"jsonrpc": "2.0", "id": "l", "method": "subscriptions/listen", "params": listen})).await;
    assert_eq!(newer.next().await["method"], "notifications/subscriptions/acknowledged");
    // The stream of the older era is opened beside the messages: it hears what happens once it is there.
    let changing = async {
        for number in 0.. {
            it.publish("maths", &format!("add_{number}"), ADD).await;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let told = async { (older.next().await, newer.next().await) };
    let (told_older, told_newer) = tokio::select! { told = told => told, () = changing => unreachable!() };
    for told in [told_older, told_newer] {
        assert_eq!(told["method"], "notifications/tools/list_changed", "{told}");
    }
    for (turn, client, meta) in [(1, &mut older, None), (2, &mut newer, Some(modern_meta()))] {
        client.send(call(7, "slow__hang", meta)).await;
        it.double.until(&it.double.started, turn).await;
        client.send(json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 7}})).await;
        it.double.until(&it.double.dropped, turn).await;
    }
}

#[tokio::test]
async fn the_bridge_says_that_the_server_is_away_and_goes_on() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", free.local_addr().unwrap());
    drop(free);
    let mut client = Client::bridged(&url);
    let params = json!({"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}});
    client.send(json!({"jsonrpc": "2.0", "id": 3, "method": "initialize", "params": params})).await;
    let answer = client.next_of_call().await;
    assert_eq!((&answer["id"], &answer["error"]["code"]), (&json!(3), &json!(-32000)));
    assert!(answer["error"]["message"].as_str().unwrap().contains("mcpbox serve"), "{answer}");
    client.input.as_mut().unwrap().write_all(b"{broken\n").await.unwrap();
    assert_eq!(client.next_of_call().await["error"]["code"], -32700);
    client.close().await;
}

#[tokio::test]
async fn the_bridge_outlives_a_restart_of_the_server() {
    let it = TestBox::start().await;
    it.publish("maths", "add", ADD).await;
    let address = it.url.trim_start_matches("http://").trim_end_matches("/mcp").to_owned();
    let mut client = Client::bridged(&it.url);
    client.initialize().await;
    client.send(call(1, "add", None)).await;
    assert_eq!(client.next_of_call().await["result"]["structuredContent"], json!({"result": 3}));
    it.shutdown.cancel();
    let catalog = it.catalog.clone();
    let mut it = it;
    soon(it.serving.take().unwrap()).await.unwrap();
    let listener = TcpListener::bind(address).await.unwrap();
    let stop = tokio_util::sync::CancellationToken::new();
    let again = tokio::spawn(mcpbox_gateway::serve(listener, catalog, GatewayConfig::default(), stop.clone()));
    client.send(call(2, "add", None)).await;
    let answer = client.next_of_call().await;
    assert_eq!((&answer["id"], &answer["result"]["structuredContent"]), (&json!(2), &json!({"result": 3})), "{answer}");
    client.close().await;
    stop.cancel();
    soon(again).await.unwrap().unwrap();
}

#[tokio::test]
async fn an_unusable_address_is_refused_before_anything_is_read() {
    for url in ["", "127.0.0.1:8000", "ftp://x/mcp", "file:///etc"] {
        let error = bridge_pipe(url, None, tokio::io::empty(), tokio::io::sink()).await.unwrap_err();
        assert!(error.to_string().contains("not a usable MCP address"), "{error}");
    }
}

#[tokio::test]
async fn stdio_serves_both_eras_without_http() {
    let it = TestBox::start().await;
    it.publish("maths", "add", ADD).await;
    let embedded = |it: &TestBox| {
        let (catalog, stop) = (it.catalog.clone(), it.shutdown.clone());
        Client::over(|pipe| {
            let (read, write) = tokio::io::split(pipe);
            tokio::spawn(async move {
                mcpbox_gateway::serve_pipe(catalog, GatewayConfig::default(), stop, read, write).await.unwrap();
            })
        })
    };
    let mut older = embedded(&it);
    older.initialize().await;
    older.send(call(1, "maths__add", None)).await;
    assert_eq!(older.next_of_call().await["result"]["structuredContent"], json!({"result": 3}));
    it.publish("maths", "sum", ADD).await;
    assert_eq!(older.next().await["method"], "notifications/tools/list_changed");
    let mut newer = embedded(&it);
    newer
        .send(json!({"jsonrpc": "2.0", "id": 0, "method": "server/discover", "params": {"_meta": modern_meta()}}))
        .await;
    assert_eq!(newer.next().await["id"], 0);
    newer.send(call(1, "maths__add", Some(modern_meta()))).await;
    assert_eq!(newer.next_of_call().await["result"]["structuredContent"], json!({"result": 3}));
    older.close().await;
    newer.close().await;
}
