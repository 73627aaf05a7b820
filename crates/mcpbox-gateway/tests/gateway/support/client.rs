//! MCP by hand over HTTP: every header and byte as a test wants it.

use futures::StreamExt;
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use sse_stream::SseStream;

pub(crate) const LEGACY: &str = "2025-11-25";
pub(crate) const MODERN: &str = "2026-07-28";

/// An HTTP client without pooling surprises.
pub(crate) fn http() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

/// The same for a client that shows this token.
pub(crate) fn http_with(token: &str) -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let headers = [(reqwest::header::AUTHORIZATION, format!("Bearer {token}").parse().unwrap())];
    reqwest::Client::builder().no_proxy().default_headers(headers.into_iter().collect()).build().unwrap()
}

/// What `_meta` of a request of the newer era must have.
pub(crate) fn modern_meta() -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientInfo": {"name": "raw-modern", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {}
    })
}

/// A client of either era.
#[derive(Clone)]
pub(crate) struct Raw {
    pub(crate) http: reqwest::Client,
    pub(crate) url: String,
    pub(crate) session: Option<String>,
}

impl Raw {
    /// A client of the newer era.
    pub(crate) fn modern(url: &str) -> Self {
        Self { http: http(), url: url.into(), session: None }
    }

    /// A client of the `initialize` era, with its session.
    pub(crate) async fn legacy(url: &str) -> Self {
        Self::modern(url).initialized().await
    }

    /// The same client with a session of the `initialize` era.
    pub(crate) async fn initialized(mut self) -> Self {
        let client = &mut self;
        let params = json!({"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": {"name": "raw-legacy", "version": "1"}});
        let response =
            client.post(&json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params}), &[]).await;
        assert_eq!(response.status(), StatusCode::OK);
        client.session = Some(response.headers()["mcp-session-id"].to_str().unwrap().to_owned());
        let answer = answer(response).await;
        assert_eq!(answer["result"]["protocolVersion"], LEGACY);
        assert_eq!(answer["result"]["serverInfo"]["name"], "mcpbox");
        let initialized = client.post(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}), &[]).await;
        assert_eq!(initialized.status(), StatusCode::ACCEPTED);
        self
    }

    pub(crate) fn request(&self, body: &Value, headers: &[(&str, &str)]) -> reqwest::RequestBuilder {
        let mut request = self
            .http
            .post(&self.url)
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .body(body.to_string());
        if let Some(session) = &self.session {
            request = request.header("mcp-session-id", session).header("mcp-protocol-version", LEGACY);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request
    }

    pub(crate) async fn post(&self, body: &Value, headers: &[(&str, &str)]) -> Response {
        self.request(body, headers).send().await.unwrap()
    }

    /// The message of a request in this client's era, and its headers.
    pub(crate) fn message(&self, method: &str, mut params: Value) -> (Value, Vec<(String, String)>) {
        let mut headers = Vec::new();
        if self.session.is_none() {
            let mut meta = modern_meta();
            if let Some(given) = params.get("_meta").and_then(Value::as_object) {
                meta.as_object_mut().unwrap().extend(given.clone());
            }
            params["_meta"] = meta;
            headers.push(("mcp-protocol-version".into(), MODERN.into()));
            headers.push(("mcp-method".into(), method.into()));
            if let Some(name) = params
                .get("name")
                .or_else(|| params.get("uri"))
                .or_else(|| params.get("taskId"))
                .and_then(Value::as_str)
            {
                headers.push(("mcp-name".into(), name.into()));
            }
        }
        (json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}), headers)
    }

    /// Sends a request of this client's era.
    pub(crate) async fn send(&self, method: &str, params: Value) -> Response {
        let (body, headers) = self.message(method, params);
        let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.post(&body, &headers).await
    }

    pub(crate) async fn ask(&self, method: &str, params: Value) -> Value {
        answer(self.send(method, params).await).await
    }

    /// Calls a tool; the `result` of the answer.
    pub(crate) async fn call(&self, name: &str, arguments: Value) -> Value {
        let answer = self.ask("tools/call", json!({"name": name, "arguments": arguments})).await;
        assert!(answer.get("result").is_some(), "{answer}");
        answer["result"].clone()
    }

    /// Calls a management tool that must succeed; its structured content.
    pub(crate) async fn manage(&self, name: &str, arguments: Value) -> Value {
        let result = self.call(name, arguments).await;
        assert_ne!(result["isError"], true, "{name}: {result}");
        result["structuredContent"].clone()
    }

    /// Names of the listed tools.
    pub(crate) async fn listed(&self) -> Vec<String> {
        let answer = self.ask("tools/list", json!({})).await;
        let tools = answer["result"]["tools"].as_array().unwrap_or_else(|| panic!("{answer}")).clone();
        tools.iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
    }
}

/// The one answer in a response, be it JSON or a stream.
pub(crate) async fn answer(response: Response) -> Value {
    if is_stream(&response) {
        return events(response).await.pop().expect("an answer in the stream");
    }
    let text = response.text().await.unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

pub(crate) fn is_stream(response: &Response) -> bool {
    response.headers().get("content-type").is_some_and(|value| value.to_str().unwrap().starts_with("text/event-stream"))
}

/// All messages of a stream, until it ends.
pub(crate) async fn events(response: Response) -> Vec<Value> {
    assert!(is_stream(&response), "{:?}", response.headers());
    let mut stream = SseStream::from_bytes_stream(response.bytes_stream());
    let mut messages = Vec::new();
    while let Some(Ok(event)) = stream.next().await {
        messages.extend(
            event.data.filter(|data| !data.is_empty()).map(|data| serde_json::from_str::<Value>(&data).unwrap()),
        );
    }
    messages
}

/// Messages of a stream, one by one.
pub(crate) struct Listening(std::pin::Pin<Box<dyn futures::Stream<Item = Value> + Send>>);

impl Listening {
    pub(crate) fn to(response: Response) -> Self {
        assert_eq!(response.status(), StatusCode::OK);
        assert!(is_stream(&response), "{:?}", response.headers());
        let stream = SseStream::from_bytes_stream(response.bytes_stream());
        Self(Box::pin(stream.filter_map(|event| async move { serde_json::from_str(&event.ok()?.data?).ok() })))
    }

    /// The next message; none when the stream ended.
    pub(crate) async fn next(&mut self) -> Option<Value> {
        super::soon(self.0.next()).await
    }
}
