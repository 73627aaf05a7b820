//! Tasks as 2025-11-25 has them, in the messages themselves: the SDK knows those of the newer era alone. What such a client asks about
//! tasks is renamed, so that it reaches `handler::tasks` whole; what it is told of them is put into the answers to `initialize` and
//! `tools/list`.

use axum::{body::Body, response::Response};
use bytes::Bytes;
use http::{HeaderMap, header};
use serde_json::{Value, json};

use crate::tools;

/// What the methods begin with once they are renamed.
pub(crate) const OLDER_TASKS: &str = "mcpbox/tasks/";
/// The version that has them.
const VERSION: &str = "2025-11-25";

/// What a message is to this module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Message {
    /// Nothing to do.
    Other,
    /// About tasks; to be sent on like this.
    Renamed(Bytes),
    /// Its answer is to be completed.
    Completed,
}

/// Looks whether a message is about tasks of the older era.
pub(super) fn look(headers: &HeaderMap, bytes: &Bytes) -> Message {
    let Ok(text) = std::str::from_utf8(bytes) else { return Message::Other };
    if text.contains("\"initialize\"") {
        return if method(text).as_deref() == Some("initialize") { Message::Completed } else { Message::Other };
    }
    if headers.get("mcp-protocol-version").is_none_or(|version| version != VERSION) {
        return Message::Other;
    }
    if text.contains("\"tools/list\"") && method(text).as_deref() == Some("tools/list") {
        return Message::Completed;
    }
    if text.contains("\"task") { renamed(text).map_or(Message::Other, Message::Renamed) } else { Message::Other }
}

fn method(text: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Envelope {
        method: Option<String>,
    }
    serde_json::from_str::<Envelope>(text).ok()?.method
}

fn renamed(text: &str) -> Option<Bytes> {
    let mut message: Value = serde_json::from_str(text).ok()?;
    let method = message.get("method")?.as_str()?;
    let action = match method {
        "tools/call" if message.get("params")?.get("task")?.is_object() => "call",
        "tasks/get" | "tasks/result" | "tasks/cancel" | "tasks/list" => method.strip_prefix("tasks/")?,
        _ => return None,
    };
    let name = format!("{OLDER_TASKS}{action}");
    message.as_object_mut()?.insert("method".to_owned(), Value::String(name));
    Some(Bytes::from(message.to_string()))
}

/// The answer with what is said about tasks in it.
pub(super) async fn complete(response: Response) -> Response {
    let is_json = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json");
    if !is_json || !response.status().is_success() {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = axum::body::to_bytes(body, usize::MAX).await else {
        return Response::from_parts(parts, Body::empty());
    };
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(completed(&bytes).map_or(bytes, Bytes::from)))
}

fn completed(bytes: &[u8]) -> Option<String> {
    let mut message: Value = serde_json::from_slice(bytes).ok()?;
    let result = message.get_mut("result")?.as_object_mut()?;
    if let Some(listed) = result.get_mut("tools").and_then(Value::as_array_mut) {
        listed.iter_mut().for_each(say_whether);
    } else if result.get("protocolVersion")? == VERSION {
        let can = json!({"list": {}, "cancel": {}, "requests": {"tools": {"call": {}}}});
        result.get_mut("capabilities")?.as_object_mut()?.insert("tasks".to_owned(), can);
    }
    Some(message.to_string())
}

/// Says of a tool whether it may run as a task.
fn say_whether(tool: &mut Value) {
    let may = tool
        .get("name")
        .and_then(Value::as_str)
        .is_some_and(|name| tools::find(name).is_none() || tools::takes_a_while(name));
    if let Some(tool) = tool.as_object_mut().filter(|_| may) {
        tool.insert("execution".to_owned(), json!({"taskSupport": "optional"}));
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn seen(version: &'static str, message: &Value) -> Message {
        let headers = HeaderMap::from_iter([(
            http::HeaderName::from_static("mcp-protocol-version"),
            HeaderValue::from_static(version),
        )]);
        look(&headers, &Bytes::from(message.to_string()))
    }

    fn message(method: &str, params: Value) -> Value {
        json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
    }

    #[test]
    fn what_asks_for_a_task_is_renamed_in_its_own_era_alone() {
        let named = json!({"taskId": "x"});
        for (method, params, becomes) in [
            ("tools/call", json!({"name": "a", "task": {"ttl": 1}}), "call"),
            ("tasks/get", named.clone(), "get"),
            ("tasks/result", named.clone(), "result"),
            ("tasks/cancel", named.clone(), "cancel"),
            ("tasks/list", json!({}), "list"),
        ] {
            let Message::Renamed(bytes) = seen(VERSION, &message(method, params.clone())) else { panic!("{method}") };
            let sent: Value = serde_json::from_slice(&bytes).unwrap();
            assert_eq!(sent, message(&format!("{OLDER_TASKS}{becomes}"), params.clone()));
            for other in ["2025-06-18", "2026-07-28"] {
                assert_eq!(seen(other, &message(method, params.clone())), Message::Other, "{method} {other}");
            }
        }
        for (method, params) in [
            ("tools/call", json!({"name": "a", "arguments": {"task": {}}})),
            ("tools/call", json!({"name": "task", "task": 1})),
            ("tasks/update", named),
        ] {
            assert_eq!(seen(VERSION, &message(method, params)), Message::Other, "{method}");
        }
    }

    #[test]
    fn tools_and_capabilities_say_what_may_be_a_task() {
        let tools =
            json!({"result": {"tools": [{"name": "a__b"}, {"name": "mcpbox_run_code"}, {"name": "mcpbox_get_tool"}]}});
        let told: Value = serde_json::from_str(&completed(tools.to_string().as_bytes()).unwrap()).unwrap();
        let support: Vec<_> = (0..3).map(|at| &told["result"]["tools"][at]["execution"]["taskSupport"]).collect();
        assert_eq!(support, [&json!("optional"), &json!("optional"), &Value::Null]);
        let result = |version: &str| json!({"result": {"protocolVersion": version, "capabilities": {}}}).to_string();
        let told: Value = serde_json::from_str(&completed(result(VERSION).as_bytes()).unwrap()).unwrap();
        assert_eq!(told["result"]["capabilities"]["tasks"]["requests"]["tools"]["call"], json!({}));
        let older: Value = serde_json::from_str(&completed(result("2025-06-18").as_bytes()).unwrap()).unwrap();
        assert_eq!(older["result"]["capabilities"], json!({}));
    }
}
