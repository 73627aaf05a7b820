//! What is read: one JSON-RPC message, capped in size and time, checked for its shape. What the SDK would refuse with
//! a plain text or with a misleading error gets a JSON-RPC error that says what is wrong.

use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use futures::StreamExt;
use http::{HeaderMap, StatusCode, header};
use serde_json::Value;

use super::refusal::{INVALID_PARAMS, INVALID_REQUEST, PARSE_ERROR, REFUSED, Refusal};

/// How long a client may take to send a message.
const READ_TIMEOUT: Duration = Duration::from_secs(30);
/// How much of a message that is too large is read on and thrown away, so that the client gets to read the answer.
const DISCARD_MAX: usize = 64 << 20;

/// Reads and checks one message.
pub(super) async fn read(headers: &HeaderMap, body: Body, max_bytes: usize) -> Result<Bytes, Refusal> {
    check_content_type(headers)?;
    let bytes = tokio::time::timeout(READ_TIMEOUT, collect(body, max_bytes)).await.map_err(|_| {
        Refusal::new(StatusCode::REQUEST_TIMEOUT, REFUSED, "The message did not arrive within 30 s. Send it again.")
    })??;
    check_message(&bytes)?;
    Ok(bytes)
}

fn check_content_type(headers: &HeaderMap) -> Result<(), Refusal> {
    let given = headers.get(header::CONTENT_TYPE).map(|value| value.to_str().unwrap_or_default());
    let essence = given.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    let given = given.map_or("there is none".to_owned(), |given| format!("it is '{given}'"));
    Err(Refusal::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        INVALID_REQUEST,
        format!("The Content-Type must be application/json; {given}."),
    ))
}

async fn collect(body: Body, max_bytes: usize) -> Result<Bytes, Refusal> {
    let mut stream = body.into_data_stream();
    let mut collected = BytesMut::new();
    let mut seen = 0_usize;
    while let Some(chunk) = stream.next().await {
        let chunk = chunk
            .map_err(|_| Refusal::new(StatusCode::BAD_REQUEST, REFUSED, "The message broke off. Send it again."))?;
        seen = seen.saturating_add(chunk.len());
        if seen <= max_bytes {
            collected.extend_from_slice(&chunk);
        } else if seen > DISCARD_MAX {
            break;
        }
    }
    if seen > max_bytes {
        let message = format!("The message is larger than {} MiB. Send less in one call.", max_bytes >> 20);
        return Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, INVALID_REQUEST, message));
    }
    Ok(collected.freeze())
}

fn check_message(bytes: &[u8]) -> Result<(), Refusal> {
    let bad = |code, message: String| Refusal::new(StatusCode::BAD_REQUEST, code, message);
    let message: Value = serde_json::from_slice(bytes)
        .map_err(|error| bad(PARSE_ERROR, format!("The body is not valid JSON: {error}.")))?;
    let Value::Object(message) = message else {
        let what = if message.is_array() { "Batches are not part of MCP: send" } else { "Send" };
        return Err(bad(INVALID_REQUEST, format!("{what} one JSON-RPC message, an object, in each POST.")));
    };
    let id = match message.get("id") {
        None => Value::Null,
        Some(id) if id.is_string() || id.is_i64() => id.clone(),
        Some(_) => return Err(bad(INVALID_REQUEST, "'id' must be a text or a whole number.".to_owned())),
    };
    if message.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
        return Err(bad(INVALID_REQUEST, "'jsonrpc' must be \"2.0\".".to_owned()).of_request(id));
    }
    let complaint = match message.get("method") {
        Some(Value::String(method)) => {
            params_complaint(method, message.get("params")).map(|text| (INVALID_PARAMS, text))
        }
        Some(_) => Some((INVALID_REQUEST, "'method' must be a text.".to_owned())),
        None if message.contains_key("result") || message.contains_key("error") => None,
        None => Some((INVALID_REQUEST, "'method' is missing.".to_owned())),
    };
    match complaint {
        Some((code, text)) => Err(bad(code, text).of_request(id)),
        None => Ok(()),
    }
}

/// What is wrong with the parameters of the methods that a client cannot do without.
fn params_complaint(method: &str, params: Option<&Value>) -> Option<String> {
    let field = |name: &str| params.and_then(|params| params.get(name));
    match method {
        _ if params.is_some_and(|params| !params.is_object()) => Some("'params' must be an object.".to_owned()),
        "tools/call" if !field("name").is_some_and(Value::is_string) => {
            Some("tools/call needs 'name', the name of a tool, as a text.".to_owned())
        }
        "tools/call" if field("arguments").is_some_and(|arguments| !arguments.is_object() && !arguments.is_null()) => {
            Some("'arguments' of tools/call must be an object.".to_owned())
        }
        "tasks/get" | "tasks/update" | "tasks/cancel" if !field("taskId").is_some_and(Value::is_string) => {
            Some(format!("{method} needs 'taskId', the name of a task, as a text."))
        }
        "initialize" if !field("protocolVersion").is_some_and(Value::is_string) => {
            Some("initialize needs 'protocolVersion' as a text, such as \"2025-11-25\".".to_owned())
        }
        "initialize" if !is_implementation(field("clientInfo")) => {
            Some("initialize needs 'clientInfo' with 'name' and 'version'.".to_owned())
        }
        "initialize" if !field("capabilities").is_some_and(Value::is_object) => {
            Some("initialize needs 'capabilities', an object that may be empty.".to_owned())
        }
        _ => None,
    }
}

fn is_implementation(value: Option<&Value>) -> bool {
    let has_text = |name| value.and_then(|value| value.get(name)).is_some_and(Value::is_string);
    has_text("name") && has_text("version")
}
