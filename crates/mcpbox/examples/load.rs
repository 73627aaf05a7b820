//! The load client of `scripts/bench`: sends one JSON-RPC request over and over on kept connections, straight on hyper
//! so that the client is not what is measured. Prints one line of JSON.
//!
//! `load URL METHOD NAME CONCURRENCY REQUESTS BODY`, where `{n}` in the body becomes a running number. A token in `MCPBOX_TOKEN` is sent.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use http_body_util::{BodyExt, Full};
use hyper::{Request, body::Bytes, client::conn::http1};
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::TcpStream;

/// Protocol version of the requests.
const VERSION: &str = "2026-07-28";

/// What is sent.
struct Load {
    address: String,
    path: String,
    method: String,
    name: String,
    body: String,
    token: Option<String>,
    requests: u64,
    next: AtomicU64,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [url, method, name, concurrency, requests, body] = words.as_slice() else {
        anyhow::bail!("load URL METHOD NAME CONCURRENCY REQUESTS BODY");
    };
    let (address, path) = url
        .strip_prefix("http://")
        .and_then(|rest| rest.split_once('/'))
        .context("URL must be http://HOST:PORT/PATH")?;
    let load = Arc::new(Load {
        address: address.to_owned(),
        path: format!("/{path}"),
        method: method.clone(),
        name: name.clone(),
        body: body.clone(),
        token: std::env::var("MCPBOX_TOKEN").ok().filter(|token| !token.is_empty()),
        requests: requests.parse()?,
        next: AtomicU64::new(0),
    });
    let workers: usize = concurrency.parse()?;
    let began = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..workers {
        tasks.spawn(work(Arc::clone(&load)));
    }
    let mut times = Vec::new();
    while let Some(done) = tasks.join_next().await {
        times.extend(done??);
    }
    let took = began.elapsed();
    times.sort_unstable();
    let at = |share: f64| {
        times.get(((times.len() as f64 - 1.0) * share) as usize).copied().unwrap_or_default().as_secs_f64() * 1e3
    };
    println!(
        "{}",
        json!({"requests": times.len(), "p50_ms": at(0.5), "p95_ms": at(0.95), "p99_ms": at(0.99), "per_second": times.len() as f64 / took.as_secs_f64()})
    );
    Ok(())
}

/// One connection: request after request until all are sent.
async fn work(load: Arc<Load>) -> anyhow::Result<Vec<Duration>> {
    #[expect(clippy::disallowed_methods, reason = "a client of its own, not part of the product")]
    let stream = TcpStream::connect(&load.address).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(connection);
    let mut times = Vec::new();
    loop {
        let number = load.next.fetch_add(1, Ordering::Relaxed);
        if number >= load.requests {
            return Ok(times);
        }
        let request = request(&load, number)?;
        let began = Instant::now();
        sender.ready().await?;
        let response = sender.send_request(request).await?;
        let status = response.status();
        let answer = response.into_body().collect().await?.to_bytes();
        times.push(began.elapsed());
        let text = String::from_utf8_lossy(&answer);
        let is_right = status.is_success() && text.contains("\"result\"") && !text.contains("\"isError\":true");
        ensure!(is_right, "answered {status}: {}", text.chars().take(2000).collect::<String>());
    }
}

fn request(load: &Load, number: u64) -> anyhow::Result<Request<Full<Bytes>>> {
    let mut request = Request::post(&load.path)
        .header("host", &load.address)
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", VERSION)
        .header("mcp-method", &load.method);
    if !load.name.is_empty() {
        request = request.header("mcp-name", &load.name);
    }
    if let Some(token) = &load.token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let params = load.body.replace("{n}", &number.to_string());
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": VERSION,
        "io.modelcontextprotocol/clientInfo": {"name": "load", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let mut params: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(&params).context("BODY must be the params, a JSON object")?;
    params.insert("_meta".to_owned(), meta);
    let message = json!({"jsonrpc": "2.0", "id": number, "method": load.method, "params": params});
    Ok(request.body(Full::new(Bytes::from(serde_json::to_vec(&message)?)))?)
}
