//! A call in the newer protocol over streamable HTTP: one request, whose answer holds all there is. It is sent from the task that
//! waits for it; through the SDK's tasks for a connection it takes several times as long. Who drops it hangs up, which is how the
//! protocol gives a call up.

use std::{
    any::TypeId,
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use futures::StreamExt;
use http::{HeaderName, HeaderValue};
use mcpbox_core::{
    execute::Observer,
    source::{OfferedTool, SourceCall},
};
use rmcp::{
    model::{
        CallToolRequest, CallToolRequestParams, ClientConfig, ClientJsonRpcMessage, ClientRequest, GetMeta,
        NumberOrString, ProgressToken, ProtocolVersion, RequestId, RequestMetaObject, ServerJsonRpcMessage,
        ServerNotification, ServerResult,
    },
    service::ServiceError,
    transport::{
        DynamicTransportError,
        streamable_http_client::{StreamableHttpClient, StreamableHttpPostResponse},
    },
};
use serde_json::Value;

use crate::{
    handshake::EVENT_MAX,
    http::{Error, Http, Unreachable},
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
    version: HeaderValue,
    next: AtomicI64,
}

impl Poster {
    /// For a source that speaks `version`. None when that cannot be said in a header.
    pub(crate) fn new(http: Http, url: &str, version: &ProtocolVersion, who: ClientConfig) -> Option<Self> {
        let meta = RequestMetaObject::with_client_context(version.clone(), who.client_info, who.capabilities);
        let version = HeaderValue::from_str(version.as_str()).ok()?;
        Some(Self { http, url: url.into(), meta, version, next: AtomicI64::new(FIRST_ID) })
    }

    /// Calls a tool.
    ///
    /// # Errors
    /// What the protocol or the connection says.
    pub(crate) async fn call(&self, call: SourceCall, observer: &dyn Observer) -> Result<ServerResult, ServiceError> {
        let id = NumberOrString::Number(self.next.fetch_add(1, Ordering::Relaxed));
        let headers = self.headers(&call.tool.name)?;
        let params = CallToolRequestParams::new(call.tool.name.clone()).with_arguments(call.arguments);
        let mut request = ClientRequest::CallToolRequest(CallToolRequest::new(params));
        let meta = request.get_meta_mut();
        *meta = self.meta.clone();
        meta.set_progress_token(ProgressToken(id.clone()));
        let message = ClientJsonRpcMessage::request(request, id.clone());
        let url = Arc::clone(&self.url);
        let posted = self.http.post_message_with_max_sse_event_size(url, message, None, None, headers, EVENT_MAX).await;
        match posted.map_err(failed)? {
            StreamableHttpPostResponse::Json(message, _) => answer(message, &id).unwrap_or(Err(nothing())),
            StreamableHttpPostResponse::Sse(mut events, _) => loop {
                let event = events.next().await.ok_or_else(nothing)?;
                let event = event.map_err(|error| failed(Error::Client(Unreachable(error.to_string()))))?;
                // Other events keep the connection open.
                let Some(text) = event.data.filter(|text| !text.is_empty()) else { continue };
                let Ok(message) = serde_json::from_str::<ServerJsonRpcMessage>(&text) else { continue };
                hear(&message, &id, observer);
                if let Some(answer) = answer(message, &id) {
                    return answer;
                }
            },
            StreamableHttpPostResponse::Accepted | _ => Err(nothing()),
        }
    }

    fn headers(&self, name: &str) -> Result<HashMap<HeaderName, HeaderValue>, ServiceError> {
        let name =
            HeaderValue::from_str(name).map_err(|error| failed(Error::Client(Unreachable(error.to_string()))))?;
        Ok(HashMap::from([
            (HeaderName::from_static("mcp-protocol-version"), self.version.clone()),
            (HeaderName::from_static("mcp-method"), HeaderValue::from_static(METHOD)),
            (HeaderName::from_static("mcp-name"), name),
        ]))
    }
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
fn answer(message: ServerJsonRpcMessage, id: &RequestId) -> Option<Result<ServerResult, ServiceError>> {
    match message {
        ServerJsonRpcMessage::Response(answer) if answer.id == *id => Some(Ok(answer.result)),
        ServerJsonRpcMessage::Error(error) if error.id.as_ref().is_none_or(|of| of == id) => {
            Some(Err(ServiceError::McpError(error.error)))
        }
        _ => None,
    }
}

fn hear(message: &ServerJsonRpcMessage, id: &RequestId, observer: &dyn Observer) {
    let ServerJsonRpcMessage::Notification(message) = message else { return };
    if let ServerNotification::ProgressNotification(progress) = &message.notification
        && progress.params.progress_token.0 == *id
    {
        let said = progress.params.clone();
        observer.progress(said.progress, said.total, said.message);
    }
}

fn failed(error: Error) -> ServiceError {
    ServiceError::TransportSend(DynamicTransportError::from_parts("HTTP", TypeId::of::<Http>(), Box::new(error)))
}

fn nothing() -> ServiceError {
    failed(Error::Client(Unreachable("its answer ended without a result".to_owned())))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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
