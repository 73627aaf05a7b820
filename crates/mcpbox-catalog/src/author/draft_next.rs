//! What to do after a draft was made.

use mcpbox_core::{ids::ReviewId, version::VersionState};
use serde_json::{Map, Value, json};

use super::Need;
use crate::{NextStep, load::Loaded};

/// The steps from a draft to its publication.
pub(super) fn next_steps(
    loaded: &Loaded,
    needs: &[Need],
    live_version: Option<u32>,
    superseded: Option<ReviewId>,
) -> Vec<NextStep> {
    let name = loaded.name();
    let mut next = Vec::new();
    if !matches!(loaded.newest.state, VersionState::Draft | VersionState::Rejected) {
        next.push(NextStep::call("see where it stands", "mcpbox_get_tool_status", json!({"tool_id": name})));
        return next;
    }
    if loaded.newest.content.description.is_empty() {
        let step = "say what the tool does: clients choose tools by their description";
        next.push(NextStep::call(step, "mcpbox_update_tool", json!({"tool_id": name, "description": "…"})));
    }
    for need in needs.iter().filter(|need| need.request.tool == "mcpbox_create_server_secret") {
        let step = format!("make a placeholder for {}, whose value a human sets", need.capability);
        next.push(NextStep { step, call: Some(need.request.clone()) });
    }
    let test = json!({"tool_id": name, "arguments": example(&loaded.newest.content.input_schema)});
    next.push(NextStep::call(
        "try it in quarantine; the run is kept as evidence for the reviewer",
        "mcpbox_test_code",
        test,
    ));
    let step = match (needs.is_empty(), superseded) {
        (_, Some(_)) => "ask for publication again: the review that was open is superseded",
        (true, None) => "ask for publication",
        (false, None) => "ask for publication; this asks for everything under needs at once",
    };
    next.push(NextStep::call(step, "mcpbox_request_publish", json!({"tool_id": name})));
    if let Some(live) = live_version {
        next.push(NextStep::say(format!("version {live} keeps serving until a human approves this one")));
    }
    next
}

/// Arguments to begin with: a placeholder for each required parameter.
fn example(input_schema: &Value) -> Value {
    let required = input_schema.get("required").and_then(Value::as_array).into_iter().flatten();
    required.filter_map(Value::as_str).map(|name| (name.to_owned(), Value::from("…"))).collect::<Map<_, _>>().into()
}
