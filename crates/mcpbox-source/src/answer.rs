//! What a source answered to a call, as an output or a failure of ours. Secrets that it repeats are taken out, and what is
//! larger than the limit is refused as a whole.

use mcpbox_core::{
    execute::ToolOutput,
    failure::{Failure, FailureKind},
    server::Limits,
    source::SourceTarget,
};
use rmcp::{
    model::{CallToolResult, ServerResult},
    service::ServiceError,
};
use serde_json::Value;

use crate::reason::reason;

/// Longest text of an error that is passed on, characters.
const ERROR_MAX: usize = 4_000;

/// Reads the answer to a call.
///
/// # Errors
/// What the source reported as an error, or why there is no answer.
pub(crate) fn read(
    answer: Result<ServerResult, ServiceError>,
    target: &SourceTarget,
    limits: Limits,
) -> Result<ToolOutput, Failure> {
    match answer {
        Ok(ServerResult::CallToolResult(result)) => of_result(result, target, limits),
        Ok(ServerResult::InputRequiredResult(_)) => {
            let message = format!("the source '{}' wants to ask the user something", target.rule.name);
            Err(Failure::new(FailureKind::Exception, message).hint("give all it may ask for as arguments"))
        }
        Ok(_) => Err(exception(target, "it answered with something that is no result of a tool")),
        Err(ServiceError::McpError(error)) => Err(exception(target, &error.message)),
        Err(error) => {
            let message = format!("the connection to the source '{}' failed: {}", target.rule.name, reason(&error));
            Err(Failure::new(FailureKind::Unavailable, message)
                .hint("whether the call did something there is not known; look before you call again"))
        }
    }
}

fn of_result(result: CallToolResult, target: &SourceTarget, limits: Limits) -> Result<ToolOutput, Failure> {
    if result.is_error == Some(true) {
        let texts = result.content.iter().filter_map(|block| block.as_text()).map(|text| text.text.as_str());
        let text: String = texts.collect::<Vec<_>>().join("\n").chars().take(ERROR_MAX).collect();
        return Err(exception(target, if text.is_empty() { "it reports an error without words" } else { &text }));
    }
    let content: Result<Vec<Value>, _> = result.content.iter().map(serde_json::to_value).collect();
    let content = content.map_err(|error| exception(target, &format!("its result cannot be read: {error}")))?;
    let output = ToolOutput { value: result.structured_content.unwrap_or(Value::Null), content };
    let bytes = serde_json::to_vec(&output).map_or(usize::MAX, |json| json.len());
    if u64::try_from(bytes).unwrap_or(u64::MAX) > limits.result_bytes {
        let message = format!("the result has {bytes} bytes; at most {} are allowed", limits.result_bytes);
        return Err(Failure::new(FailureKind::OutputTooLarge, message).hint("ask for less at once, or page by page"));
    }
    Ok(output)
}

fn exception(target: &SourceTarget, what: &str) -> Failure {
    Failure::new(FailureKind::Exception, format!("the source '{}' answered: {what}", target.rule.name))
        .hint("call it with other arguments; what it does is not in the hands of this MCPbox")
}
