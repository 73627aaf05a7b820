//! What to do after a draft was made.

use mcpbox_analysis::ImportStatus;
use mcpbox_core::{capability::Capability, ids::ReviewId, server::CodePolicy, version::VersionState};
use serde_json::json;

use super::Need;
use crate::{NextStep, load::Loaded, mend, nearest, next::YOURS};

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
    if let Some((line, module, meant)) = misspelt(needs, &loaded.newest.content.code) {
        let step = format!("line {line} imports {module}, and no package is known for that; did you mean {meant}?");
        next.push(NextStep::call(step, "mcpbox_update_tool", json!({"tool_id": name, "python_code": YOURS})));
    }
    if loaded.newest.content.description.is_empty() {
        let step = "say what the tool does: clients choose tools by their description";
        next.push(NextStep::call(step, "mcpbox_update_tool", json!({"tool_id": name, "description": YOURS})));
    }
    for need in needs.iter().filter(|need| need.request.tool == "mcpbox_create_server_secret") {
        let step = format!("make a placeholder for {}, whose value a human sets", need.capability);
        next.push(NextStep { call: Some(need.request.clone()), ..NextStep::say(step) });
    }
    let test = json!({"tool_id": name, "arguments": mend::example(&loaded.newest.content.input_schema)});
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

/// A module that no package is known for, and the one of the standard library that was probably meant.
fn misspelt(needs: &[Need], code: &str) -> Option<(u32, String, String)> {
    let line =
        needs.iter().filter(|need| matches!(need.capability, Capability::Package(_))).find_map(|need| need.line)?;
    let analysis = mcpbox_analysis::analyze(code, CodePolicy::Strict);
    let import =
        analysis.imports.iter().find(|import| import.line == line && import.status == ImportStatus::Package)?;
    if mcpbox_analysis::known_distribution(&import.module).is_some() {
        return None;
    }
    let modules = mcpbox_analysis::default_modules();
    let meant = nearest::names(&import.module, modules.iter().copied()).into_iter().next()?;
    Some((line, import.module.clone(), meant.to_owned()))
}
