//! A call in the newer protocol over streamable HTTP: one request, whose answer holds all there is. It is sent from the task that
//! waits for it; through the SDK's tasks for a connection it takes several times as long. Who drops it hangs up, which is how the
//! protocol gives a call up.

use std::{
    any::TypeId,
    borrow::Cow,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use bytes::Bytes;
use futures::StreamExt;
use http::HeaderValue;
use mcpbox_core::{
    execute::Observer,
    source::{OfferedTool, SourceCall},
};
use mcpbox_egress::FetchStream;
use rmcp::{
    model::{
        CallToolResult, ClientConfig, NumberOrString, ProtocolVersion, RequestId, RequestMetaObject,
        ServerJsonRpcMessage, ServerNotification, ServerResult,
    },
    service::ServiceError,
    transport::{DynamicTransportError, streamable_http_client::StreamableHttpPostResponse},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, value::RawValue};

use crate::{
    handshake::EVENT_MAX,
    http::{ACCEPT, ANSWER_MAX, EVENTS, Error, Http, JSON, Unreachable},
    reply::{header, is_type, refusal, whole},
    sse,
};

/// Ids of the SDK's own requests on the connection are smaller.
const FIRST_ID: i64 = 1 << 32;
const METHOD: &str = "tools/call";

/// Sends calls to one source.
pub(crate) struct Poster {
    http: Http,
    url: Arc<str>,
    /// What each request says of its sender.
    meta: RequestMetaObject,
    version: String,
    next: AtomicI64,
}

/// A call as it is sent.
#[derive(Serialize)]
struct Request<'a> {
    jsonrpc: &'static str,
    id: i64,
    method: &'static str,
    params: Params<'a>,
}

#[derive(Serialize)]
struct Params<'a> {
    #[serde(rename = "_meta")]
    meta: Meta<'a>,
    name: &'a str,
    arguments: &'a Map<String, Value>,
}

#[derive(Serialize)]
struct Meta<'a> {
    #[serde(flatten)]
    who: &'a RequestMetaObject,
    #[serde(rename = "progressToken")]
    token: i64,
}

/// What is answered to nearly every call.
#[derive(Deserialize)]
struct Answer<'a> {
    id: i64,
    #[serde(borrow)]
    result: &'a RawValue,
}

impl Poster {
    /// For a source that speaks `version`. None when that cannot be said in a header.
    pub(crate) fn new(http: Http, url: &str, version: &ProtocolVersion, who: ClientConfig) -> Option<Self> {
        let meta = RequestMetaObject::with_client_context(version.clone(), who.client_info, who.capabilities);
        HeaderValue::from_str(version.as_str()).ok()?;
        Some(Self { http, url: url.into(), meta, version: version.to_string(), next: AtomicI64::new(FIRST_ID) })
    }

    /// Calls a tool that [`is_plain`].
    ///
    /// # Errors
    /// What the protocol or the connection says.
    pub(crate) async fn call(&self, call: SourceCall, observer: &dyn Observer) -> Result<ServerResult, ServiceError> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let answer = self.send(&call, id).await.map_err(failed)?;
        if !(200..300).contains(&answer.status) {
            return match refusal(answer, None, false).await.map_err(failed)? {
                StreamableHttpPostResponse::Json(message, _) => answered(message, id).unwrap_or_else(nothing),
                _ => nothing(),
            };
        }
        if matches!(answer.status, 202 | 204) {
            return nothing();
        }
        if is_type(&answer, EVENTS) {
            return follow(answer, id, observer).await;
        }
        let body = read(answer).await.map_err(failed)?;
        take(&body, id, observer).map_err(|error| failed(unread(&error)))?.unwrap_or_else(nothing)
    }

    async fn send(&self, call: &SourceCall, id: i64) -> Result<FetchStream, Error> {
        let name = &call.tool.name;
        let meta = Meta { who: &self.meta, token: id };
        let params = Params { meta, name, arguments: &call.arguments };
        let body = serde_json::to_vec(&Request { jsonrpc: "2.0", id, method: METHOD, params })?;
        let headers = [
            ("accept", ACCEPT),
            ("content-type", JSON),
            ("mcp-protocol-version", &self.version),
            ("mcp-method", METHOD),
            ("mcp-name", name),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        self.http.send("POST", &self.url, headers, Bytes::from(body)).await
    }
}

/// The one message of an answer.
async fn read(mut answer: FetchStream) -> Result<Vec<u8>, Error> {
    if !is_type(&answer, JSON) {
        return Err(Error::UnexpectedContentType(header(&answer, "content-type").map(str::to_owned)));
    }
    whole(&mut answer, ANSWER_MAX).await
}

/// The answer among the events of a stream, and what is told before it.
async fn follow(answer: FetchStream, id: i64, observer: &dyn Observer) -> Result<ServerResult, ServiceError> {
    let mut events = sse::events(answer, EVENT_MAX);
    while let Some(event) = events.next().await {
        let event = event.map_err(|error| failed(Error::Client(Unreachable(error.to_string()))))?;
        // Other events keep the connection open.
        let text = event.data.unwrap_or_default();
        if let Ok(Some(answer)) = take(text.as_bytes(), id, observer) {
            return answer;
        }
    }
    nothing()
}

/// The answer to the request of that id, if the message is that.
///
/// # Errors
/// It is no message.
fn take(
    text: &[u8],
    id: i64,
    observer: &dyn Observer,
) -> Result<Option<Result<ServerResult, ServiceError>>, serde_json::Error> {
    if let Some(result) = plain_result(text, id) {
        return Ok(Some(Ok(ServerResult::CallToolResult(result))));
    }
    let message = serde_json::from_slice::<ServerJsonRpcMessage>(text)?;
    hear(&message, id, observer);
    Ok(answered(message, id))
}

/// The result of a call, which nearly every answer is. The SDK finds out which of all messages it has by trying one after the other.
fn plain_result(text: &[u8], of: i64) -> Option<CallToolResult> {
    let Answer { id, result } = serde_json::from_slice(text).ok()?;
    if id == of { serde_json::from_str(result.get()).ok() } else { None }
}

/// Whether calls of a tool need no header but those of every call: its name is plain, and no argument is wanted in a header too.
pub(crate) fn is_plain(tool: &OfferedTool) -> bool {
    let name = tool.name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-./".contains(&byte));
    name && !wants_headers(&tool.input_schema)
}

fn wants_headers(schema: &Value) -> bool {
    match schema {
        Value::Object(members) => members.contains_key("x-mcp-header") || members.values().any(wants_headers),
        Value::Array(items) => items.iter().any(wants_headers),
        _ => false,
    }
}

/// The answer to the request of that id; none when the message is something else. An error without an id is one too.
fn answered(message: ServerJsonRpcMessage, id: i64) -> Option<Result<ServerResult, ServiceError>> {
    let is_it = |of: &RequestId| *of == NumberOrString::Number(id);
    match message {
        ServerJsonRpcMessage::Response(answer) if is_it(&answer.id) => Some(Ok(answer.result)),
        ServerJsonRpcMessage::Error(error) if error.id.as_ref().is_none_or(is_it) => {
            Some(Err(ServiceError::McpError(error.error)))
        }
        _ => None,
    }
}

fn hear(message: &ServerJsonRpcMessage, id: i64, observer: &dyn Observer) {
    let ServerJsonRpcMessage::Notification(message) = message else { return };
    if let ServerNotification::ProgressNotification(progress) = &message.notification
        && progress.params.progress_token.0 == NumberOrString::Number(id)
    {
        let said = progress.params.clone();
        observer.progress(said.progress, said.total, said.message);
    }
}

fn unread(error: &serde_json::Error) -> Error {
    Error::UnexpectedServerResponse(Cow::Owned(format!("its answer is no JSON-RPC: {error}")))
}

fn failed(error: Error) -> ServiceError {
    ServiceError::TransportSend(DynamicTransportError::from_parts("HTTP", TypeId::of::<Http>(), Box::new(error)))
}

fn nothing() -> Result<ServerResult, ServiceError> {
    Err(failed(Error::Client(Unreachable("its answer ended without a result".to_owned()))))
}

#[cfg(test)]
mod tests {
    use mcpbox_core::execute::Unobserved;
    use serde_json::json;

    use super::*;

    fn taken(message: Value) -> Option<Result<ServerResult, ServiceError>> {
        take(message.to_string().as_bytes(), 7, &Unobserved).unwrap()
    }

    #[test]
    fn an_answer_is_taken_for_what_it_is_whichever_way_it_is_read() {
        let plain =
            json!({"content": [{"type": "text", "text": "42"}], "structuredContent": {"n": null}, "isError": false});
        let answer = |id: Value, result: &Value| json!({"jsonrpc": "2.0", "id": id, "result": result});
        let read = plain_result(answer(json!(7), &plain).to_string().as_bytes(), 7).expect("the short way");
        let Some(Ok(ServerResult::CallToolResult(long))) = taken(answer(json!(7.0), &plain)) else {
            panic!("an id that is written another way")
        };
        assert_eq!(read, long);
        assert!(taken(answer(json!(8), &plain)).is_none(), "another request's");
        let asks = json!({"resultType": "input_required", "inputRequests": {}, "requestState": "s"});
        assert!(matches!(taken(answer(json!(7), &asks)), Some(Ok(ServerResult::InputRequiredResult(_)))));
        let error = json!({"jsonrpc": "2.0", "id": null, "error": {"code": -32602, "message": "no"}});
        assert!(matches!(taken(error), Some(Err(ServiceError::McpError(error))) if error.message == "no"));
        let progress = json!({"jsonrpc": "2.0", "method": "notifications/progress", "params": {"progressToken": 7, "progress": 1}});
        assert!(taken(progress).is_none());
        assert!(take(b"<html>", 7, &Unobserved).is_err());
    }

    #[test]
    fn arguments_that_are_wanted_in_headers_are_noticed_wherever_they_are() {
        let tool = |name: &str, input_schema: Value| OfferedTool {
            name: name.to_owned(),
            title: None,
            description: String::new(),
            input_schema,
            output_schema: None,
            annotations: None,
        };
        let deep = json!({"properties": {"a": {"properties": {"b": {"type": "string", "x-mcp-header": "B"}}}}});
        assert!(is_plain(&tool("get-sum", json!({"properties": {"a": {"type": "number"}}}))));
        assert!(!is_plain(&tool("get-sum", deep)));
        assert!(!is_plain(&tool("süm", json!({}))));
    }
}
