//! MCP itself: whether a token would arrive, both eras, and streams.

use std::time::{Duration, Instant};

use futures::StreamExt;
use http::{Method, StatusCode, header};
use reqwest::RequestBuilder;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::{Caller, Found, Trouble, caller::Answer, discovery::parameter};

/// The era that begins with `initialize`, as claude.ai speaks it.
const LEGACY: &str = "2025-11-25";
/// The era without sessions.
const MODERN: &str = "2026-07-28";
/// A token that nobody was given.
const NO_TOKEN: &str = "mcpb_at_mcpbox-doctor";
/// The two events of the probe are further apart than this; a busy machine makes that less, a proxy that collects them makes it nothing.
const APART_MIN: Duration = Duration::from_millis(300);

/// What claude.ai begins with.
pub(super) fn legacy(caller: &Caller) -> RequestBuilder {
    let client = json!({"name": "mcpbox-doctor", "version": env!("CARGO_PKG_VERSION")});
    let params = json!({"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": client});
    post(caller, &json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params}))
}

fn modern(caller: &Caller) -> RequestBuilder {
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientInfo": {"name": "mcpbox-doctor", "version": env!("CARGO_PKG_VERSION")},
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": "server/discover", "params": {"_meta": meta}});
    post(caller, &message).header("mcp-protocol-version", MODERN).header("mcp-method", "server/discover")
}

fn post(caller: &Caller, message: &Value) -> RequestBuilder {
    caller
        .request(Method::POST, "/mcp")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "application/json, text/event-stream")
        .body(message.to_string())
}

/// Whether a token arrives: a wrong one is answered in other words than none.
pub(super) async fn authorization(caller: &Caller) -> Found {
    let answer = caller.send(legacy(caller).bearer_auth(NO_TOKEN)).await?;
    let challenge = answer.header(header::WWW_AUTHENTICATE);
    match (answer.status, parameter(challenge, "error")) {
        (StatusCode::UNAUTHORIZED, Some("invalid_token")) => Ok("a wrong token is refused as such".to_owned()),
        (StatusCode::UNAUTHORIZED, _) => {
            let fix = "The proxy takes the Authorization header away: have it pass it on (nginx: no proxy_set_header Authorization \"\"), \
                       and add no login of its own";
            Err(Trouble::new("MCPbox sees no token", fix))
        }
        _ => Err(answer.stray()),
    }
}

/// The first message of the era with sessions.
pub(super) async fn initialize(caller: &Caller, token: Option<&SecretString>) -> Found {
    let answer = caller.send(with(legacy(caller), token)).await?;
    let found = answered(&answer, token, |result| result.get("protocolVersion")?.as_str().map(str::to_owned));
    if let (Ok(_), Some(session)) = (&found, answer.headers.get("mcp-session-id")) {
        // A session that stays open is one less for others; that it cannot be closed is no trouble of the way here.
        let goodbye = caller.request(Method::DELETE, "/mcp").header("mcp-session-id", session);
        let _closed = caller.send(with(goodbye, token)).await;
    }
    found
}

/// The first message of the era without.
pub(super) async fn discover(caller: &Caller, token: Option<&SecretString>) -> Found {
    let answer = caller.send(with(modern(caller), token)).await?;
    answered(&answer, token, |result| result.get("supportedVersions").map(Value::to_string))
}

fn with(request: RequestBuilder, token: Option<&SecretString>) -> RequestBuilder {
    match token {
        Some(token) => request.bearer_auth(token.expose_secret()),
        None => request,
    }
}

fn answered(answer: &Answer, token: Option<&SecretString>, version: impl Fn(&Value) -> Option<String>) -> Found {
    match (answer.status, token) {
        (StatusCode::UNAUTHORIZED, None) => {
            Ok("it asks for a login; with a token in MCPBOX_TOKEN this goes further".to_owned())
        }
        (StatusCode::UNAUTHORIZED, Some(_)) => {
            Err(Trouble::new("the token in MCPBOX_TOKEN is refused", "Make a new one on the page of remote access"))
        }
        (StatusCode::OK, Some(_)) => {
            let message = answer.json().or_else(|| serde_json::from_str(event(&answer.body)?).ok());
            let result = message.as_ref().and_then(|message| message.get("result"));
            result.and_then(version).ok_or_else(|| answer.stray())
        }
        _ => Err(answer.stray()),
    }
}

/// The last event of a stream.
fn event(body: &str) -> Option<&str> {
    body.lines().filter_map(|line| line.strip_prefix("data:")).map(str::trim).rfind(|data| !data.is_empty())
}

/// Two events, of which the second is sent a moment after the first.
pub(super) async fn stream(caller: &Caller) -> Found {
    let request = caller.request(Method::GET, "/health/stream").header(header::ACCEPT, "text/event-stream");
    let response = caller.open(request).await?;
    if response.status() != StatusCode::OK {
        return Err(Trouble::new(response.status().to_string(), "Have the proxy hand on all paths of this host"));
    }
    let mut parts = response.bytes_stream();
    let mut seen = Vec::new();
    let mut first = None;
    while let Some(Ok(part)) = parts.next().await {
        seen.extend_from_slice(&part);
        first.get_or_insert_with(Instant::now);
        if String::from_utf8_lossy(&seen).matches("data:").count() >= 2 {
            break;
        }
    }
    match first.map(|first| first.elapsed()) {
        Some(apart) if apart >= APART_MIN => Ok("they do".to_owned()),
        Some(_) => {
            let fix =
                "The proxy collects answers: switch that off (nginx: proxy_buffering off, and no proxy_ignore_headers)";
            Err(Trouble::new("they arrive together", fix))
        }
        None => Err(Trouble::new("no event", "Have the proxy hand on streams, and let them be open for hours")),
    }
}
