//! What a version of an external tool pins: the definition as its source offered it, as JSON in the place of code, so that
//! hash, review and diff are those of any version.

use std::sync::Arc;

use mcpbox_analysis::Analysis;
use mcpbox_core::{
    capability::{Capabilities, Capability},
    failure::{Failure, FailureKind},
    ids::SourceId,
    name::ToolName,
    server::CodePolicy,
    source::{ExternalSource, OfferedTool, SourceRule},
    tool::{CODE_MAX_BYTES, DESCRIPTION_MAX_CHARS, Tool, ToolKind},
    version::Content,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::validate;

/// The definition, and where it comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Pinned {
    pub(crate) source_id: SourceId,
    pub(crate) source: String,
    #[serde(flatten)]
    pub(crate) tool: Arc<OfferedTool>,
}

impl Pinned {
    /// What a version pins; none for one of Python. An error when it should and does not.
    pub(crate) fn of(content: &Content) -> Option<Result<Self, String>> {
        rule(content)?;
        Some(serde_json::from_str(&content.code).map_err(|error| error.to_string()))
    }
}

/// The source that a version calls; none for one of Python.
pub(crate) fn rule(content: &Content) -> Option<&SourceRule> {
    content.capabilities.iter().find_map(|capability| match capability {
        Capability::Source(rule) => Some(rule),
        _ => None,
    })
}

/// What the code of a version tells, or, for an external tool, its definition.
pub(crate) fn analyze(content: &Content, policy: CodePolicy) -> Analysis {
    match rule(content) {
        Some(_) => mcpbox_analysis::analyze_definition(&content.code),
        None => mcpbox_analysis::analyze(&content.code, policy),
    }
}

/// The content of a version that pins what a source offers.
///
/// # Errors
/// It is too large, or its schemas cannot be used.
pub(super) fn content(source: &ExternalSource, offered: &OfferedTool, name: ToolName) -> Result<Content, Failure> {
    let unfit = |what: String| {
        let failure =
            Failure::new(FailureKind::InvalidArguments, format!("'{}' of {}: {what}", offered.name, source.name));
        failure.hint("leave it out; only who runs that server can change it").argument("tool_names")
    };
    let pinned = Pinned { source_id: source.id, source: source.name.clone(), tool: Arc::new(offered.clone()) };
    let code = serde_json::to_string_pretty(&pinned).map_err(|error| unfit(error.to_string()))?;
    if code.len() > CODE_MAX_BYTES {
        return Err(unfit(format!("its definition has {} bytes; at most {CODE_MAX_BYTES} are allowed", code.len())));
    }
    let length = offered.description.chars().count();
    if length > DESCRIPTION_MAX_CHARS {
        return Err(unfit(format!(
            "its description has {length} characters; at most {DESCRIPTION_MAX_CHARS} are allowed"
        )));
    }
    for schema in [Some(&offered.input_schema), offered.output_schema.as_ref()].into_iter().flatten() {
        validate::compile(schema).map_err(|error| unfit(format!("one of its schemas cannot be used: {error}")))?;
    }
    Ok(Content {
        name,
        description: offered.description.clone(),
        code,
        input_schema: offered.input_schema.clone(),
        output_schema: offered.output_schema.clone(),
        capabilities: Capabilities::from([Capability::Source(source.rule())]),
    })
}

/// Refuses what only makes sense for a tool whose code is ours.
pub(crate) fn check_ours(tool: &Tool, name: &str) -> Result<(), Failure> {
    if tool.kind == ToolKind::Python {
        return Ok(());
    }
    let message = format!("{name} is a tool of another server: it cannot be changed or tested here");
    Err(Failure::new(FailureKind::Conflict, message)
        .hint("import it again to take over what its source offers now, then ask for its publication")
        .next("mcpbox_request_publish", json!({"tool_id": name})))
}
