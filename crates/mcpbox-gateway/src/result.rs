//! Results of tool calls as MCP carries them: content blocks, structured content, and failures an LLM can act on.

use mcpbox_catalog::{CatalogError, call::CallReply};
use mcpbox_core::failure::{Failure, NextCall};
use rmcp::model::{CallToolResult, ContentBlock, MetaObject};
use serde::Serialize;
use serde_json::{Value, json};

/// `_meta` key of a failure that must not stand in `structuredContent`.
pub(crate) const FAILURE_META_KEY: &str = "mcpbox/failure";

/// Where the JSON form of a failure goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FailurePlace {
    /// In `structuredContent`.
    Structured,
    /// In a second text block and in `_meta`. Clients of the `initialize` era check `structuredContent` against the
    /// tool's output schema even when `isError` is set, and would show their own complaint instead of the failure.
    Aside,
}

/// The answer of a management tool.
pub(crate) fn answer(value: &impl Serialize) -> Result<CallToolResult, CatalogError> {
    let value = serde_json::to_value(value).map_err(|error| CatalogError::Internal(Box::new(error)))?;
    let text = pretty(&value);
    let structured = if value.is_object() { value } else { json!({ "result": value }) };
    let mut result = CallToolResult::success(vec![ContentBlock::text(text)]);
    result.structured_content = Some(structured);
    Ok(result)
}

/// What a published tool returned.
pub(crate) fn reply(reply: CallReply, place: FailurePlace) -> CallToolResult {
    let output = match reply.result {
        Ok(output) => output,
        Err(failure) => return self::failure(&failure, place),
    };
    let content = match (output.content.is_empty(), &output.value) {
        (false, _) => output.content.into_iter().map(block).collect(),
        (true, Value::String(text)) => vec![ContentBlock::text(text.clone())],
        (true, value) => vec![ContentBlock::text(value.to_string())],
    };
    let mut result = CallToolResult::success(content);
    result.structured_content = reply.structured.map(Value::Object);
    result
}

/// A failure as an `isError` result.
pub(crate) fn failure(failure: &Failure, place: FailurePlace) -> CallToolResult {
    let mut result = CallToolResult::error(vec![ContentBlock::text(prose(failure))]);
    let structured = json!(failure);
    match place {
        FailurePlace::Structured => result.structured_content = Some(structured),
        FailurePlace::Aside => {
            result.content.push(ContentBlock::text(structured.to_string()));
            let mut meta = MetaObject::new();
            meta.insert(FAILURE_META_KEY.to_owned(), structured);
            result.meta = Some(meta);
        }
    }
    result
}

/// The failure of a management tool. Internal ones are logged here, once.
/// `lead_on` gives the call to make now: there always is one.
pub(crate) fn refusal(tool: &str, error: CatalogError, lead_on: impl FnOnce(&Failure) -> NextCall) -> CallToolResult {
    if let CatalogError::Internal(source) = &error {
        tracing::error!(tool.name = tool, error = source.as_ref(), "a management tool failed inside MCPbox");
    }
    let told = error.into_failure();
    let next = Some(lead_on(&told));
    failure(&Failure { next, ..told }, FailurePlace::Structured)
}

/// A content block as the tool made it; what is no MCP block is shown as its JSON.
fn block(value: Value) -> ContentBlock {
    let text = value.to_string();
    serde_json::from_value(value).unwrap_or_else(|_| ContentBlock::text(text))
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string())
}

fn prose(failure: &Failure) -> String {
    let mut lines = vec![failure.to_string()];
    match (failure.line, &failure.snippet) {
        (Some(line), Some(snippet)) => lines.push(format!("line {line}: {}", snippet.trim_end())),
        (Some(line), None) => lines.push(format!("line {line}")),
        (None, _) => {}
    }
    if let Some(traceback) = &failure.traceback {
        lines.push(traceback.trim_end().to_owned());
    }
    if let Some(hint) = &failure.hint {
        lines.push(format!("Hint: {hint}"));
    }
    if let Some(next) = &failure.next {
        lines.push(format!("Next: call {} with {}", next.tool, Value::Object(next.arguments.clone())));
    }
    if let Some(page) = &failure.human {
        lines.push(format!("A human does it at {page}"));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use mcpbox_core::{execute::ToolOutput, failure::FailureKind};

    use super::*;

    fn replied(output: ToolOutput, structured: Option<Value>) -> CallReply {
        let structured = structured.and_then(|value| value.as_object().cloned());
        CallReply { call_id: None, result: Ok(output), structured, tool: None, offer: None }
    }

    #[test]
    fn every_kind_of_content_block_passes_unchanged() {
        let blocks = vec![
            json!({"type": "text", "text": "hi"}),
            json!({"type": "image", "data": "aGk=", "mimeType": "image/png"}),
            json!({"type": "audio", "data": "aGk=", "mimeType": "audio/wav"}),
            json!({"type": "resource", "resource": {"uri": "mem://a", "mimeType": "text/plain", "text": "x"}}),
            json!({"type": "resource_link", "uri": "https://x.de/a", "name": "a"}),
        ];
        let output = ToolOutput { value: Value::Null, content: blocks.clone() };
        let sent = json!(reply(replied(output, None), FailurePlace::Structured));
        assert_eq!(sent["content"], json!(blocks));
    }

    #[test]
    fn what_is_no_block_is_shown_as_json() {
        let output = ToolOutput { value: Value::Null, content: vec![json!({"type": "hologram"})] };
        let sent = json!(reply(replied(output, None), FailurePlace::Structured));
        assert_eq!(sent["content"], json!([{"type": "text", "text": "{\"type\":\"hologram\"}"}]));
    }

    #[test]
    fn a_text_result_is_not_quoted_and_structured_content_goes_along() {
        let output = ToolOutput { value: json!("sunny"), content: vec![] };
        let sent = json!(reply(replied(output, Some(json!({"result": "sunny"}))), FailurePlace::Structured));
        assert_eq!(sent["content"][0]["text"], "sunny");
        assert_eq!(sent["structuredContent"], json!({"result": "sunny"}));
    }

    #[test]
    fn a_failure_names_line_hint_and_next_call_in_its_text() {
        let mut raised = Failure::new(FailureKind::HostDenied, "api.x.de is not granted")
            .hint("ask for it")
            .next("mcpbox_request_network_access", json!({"host": "api.x.de"}));
        raised.line = Some(3);
        raised.snippet = Some("await http.get(url)".into());
        let sent = json!(failure(&raised, FailurePlace::Structured));
        assert_eq!(sent["isError"], true);
        assert_eq!(sent["structuredContent"]["kind"], "host_denied");
        assert_eq!(
            sent["content"][0]["text"],
            "host_denied: api.x.de is not granted\nline 3: await http.get(url)\nHint: ask for it\n\
             Next: call mcpbox_request_network_access with {\"host\":\"api.x.de\"}"
        );
        let aside = json!(failure(&raised, FailurePlace::Aside));
        assert!(aside.get("structuredContent").is_none());
        assert_eq!(aside["_meta"][FAILURE_META_KEY]["kind"], "host_denied");
        assert_eq!(serde_json::from_str::<Value>(aside["content"][1]["text"].as_str().unwrap()).unwrap()["line"], 3);
    }
}
