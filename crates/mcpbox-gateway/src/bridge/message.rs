//! A line of the client: what the bridge must know of it. The text itself is passed on untouched.

use serde_json::{Value, json};

/// The JSON is broken.
pub(super) const PARSE_ERROR: i32 = -32700;
/// The server is away or answered with something that is not MCP.
pub(super) const SERVER_AWAY: i32 = -32000;

/// A JSON-RPC message of the client.
pub(super) struct Message {
    pub(super) text: String,
    value: Value,
}

impl Message {
    pub(super) fn parse(text: String) -> Result<Self, String> {
        let value: Value =
            serde_json::from_str(&text).map_err(|error| format!("the line is not valid JSON: {error}"))?;
        if !value.is_object() {
            return Err("send one JSON-RPC message, an object, in each line".to_owned());
        }
        Ok(Self { text, value })
    }

    pub(super) fn method(&self) -> Option<&str> {
        self.value.get("method").and_then(Value::as_str)
    }

    fn param(&self, name: &str) -> Option<&Value> {
        self.value.get("params").and_then(|params| params.get(name))
    }

    /// The id, when the message wants an answer.
    pub(super) fn request_id(&self) -> Option<&Value> {
        self.method().and_then(|_| self.value.get("id"))
    }

    /// The id as a key.
    pub(super) fn request_key(&self) -> Option<String> {
        self.request_id().map(Value::to_string)
    }

    /// The key of the request that this message cancels.
    pub(super) fn cancels(&self) -> Option<String> {
        (self.method() == Some("notifications/cancelled"))
            .then(|| self.param("requestId").map(Value::to_string))
            .flatten()
    }

    /// The protocol version a message of the sessionless era carries.
    pub(super) fn own_version(&self) -> Option<&str> {
        self.param("_meta").and_then(|meta| meta.get("io.modelcontextprotocol/protocolVersion")).and_then(Value::as_str)
    }

    pub(super) fn is_modern(&self) -> bool {
        self.own_version().is_some()
    }

    pub(super) fn is_initialize(&self) -> bool {
        self.method() == Some("initialize")
    }

    /// Whether what follows must wait for it.
    pub(super) fn is_handshake(&self) -> bool {
        matches!(self.method(), Some("initialize" | "notifications/initialized"))
    }

    /// What the message is about, for the `Mcp-Name` header.
    pub(super) fn subject(&self) -> Option<&str> {
        let field = match self.method()? {
            "tools/call" | "prompts/get" => "name",
            "resources/read" | "resources/subscribe" | "resources/unsubscribe" => "uri",
            "tasks/get" | "tasks/update" | "tasks/cancel" => "taskId",
            _ => return None,
        };
        self.param(field).and_then(Value::as_str)
    }
}

/// An error answer as a line.
pub(super) fn error_line(id: Option<&Value>, code: i32, message: &str) -> String {
    json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": message } }).to_string()
}

/// A message of the server as one line; none when it is no JSON. An error without id gets that of the request.
pub(super) fn as_line(text: &str, id: Option<&Value>) -> Option<String> {
    let mut value: Value = serde_json::from_str(text).ok()?;
    let lacks_id = value.get("error").is_some() && value.get("id").is_none_or(Value::is_null);
    match (value.as_object_mut(), id) {
        (Some(object), Some(id)) if lacks_id => {
            object.insert("id".to_owned(), id.clone());
            Some(value.to_string())
        }
        _ if text.contains(['\n', '\r']) => Some(value.to_string()),
        _ => Some(text.to_owned()),
    }
}

/// Whether `line` is the answer to the request `id`.
pub(super) fn answers(line: &str, id: &Value) -> bool {
    serde_json::from_str::<Value>(line).is_ok_and(|value| value.get("id") == Some(id) && value.get("method").is_none())
}
