//! Finding and listing: full-text search over published tools, and the paged lists of the admin side.

use std::sync::Arc;

use mcpbox_core::{
    audit::AuditEvent,
    call::{CallCursor, CallRecord},
    failure::FailureKind,
    grant::Grant,
    ids::CallId,
    paging::{LogPage, LogRequest, Page, PageRequest},
    secret::Secret,
    version::Version,
};
use mcpbox_store::{audit, calls, grants, secrets, versions};
pub use mcpbox_store::{
    audit::{AuditFilter, ChainCheck},
    calls::{CallCounts, CallFigures, CallFilter, Span},
    grants::GrantFilter,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{Caller, Catalog, CatalogError, NextStep, PublishedTool, error::refused};

/// Found tools told at once.
const FOUND_MAX: usize = 50;
/// Longest query that is looked at, characters.
const QUERY_MAX_CHARS: usize = 500;
/// Longest summary, characters.
const SUMMARY_MAX_CHARS: usize = 200;

/// How much of each found tool to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Detail {
    /// Only the name.
    Name,
    /// Name, first line of the description, parameter names.
    #[default]
    Summary,
    /// Name, description and both schemas.
    Schema,
}

/// A found tool.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FoundTool {
    /// `server__tool`: what to call.
    pub name: String,
    /// What it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Its parameters, required ones first; optional ones end in `?`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Vec<String>>,
    /// JSON Schema of the arguments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input_schema: Option<Map<String, Value>>,
    /// JSON Schema of the result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_schema: Option<Map<String, Value>>,
}

/// Found tools, best first.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SearchReply {
    /// Best first.
    pub tools: Vec<FoundTool>,
    /// How many tools the caller may call in all.
    pub searched: usize,
    /// What to do now.
    pub next: Vec<NextStep>,
}

/// Searches the published tools the caller may call. `limit` is brought into 1 to 50; an empty query lists by name.
pub fn search_tools<'a>(
    cat: &Catalog,
    who: impl Into<Caller<'a>>,
    query: &str,
    limit: usize,
    detail: Detail,
) -> SearchReply {
    let who = who.into();
    let snapshot = cat.snapshot();
    let may_call = |tool: &&Arc<PublishedTool>| who.may_call(tool.server.as_str());
    let limit = limit.clamp(1, FOUND_MAX);
    let query: String = query.chars().take(QUERY_MAX_CHARS).collect();
    let found: Vec<&Arc<PublishedTool>> = if query.trim().is_empty() {
        snapshot.published().iter().filter(may_call).take(limit).collect()
    } else {
        let mut scored: Vec<_> = snapshot.search(&query).filter(|(tool, _)| may_call(tool)).collect();
        scored.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.name.cmp(&b.0.name)));
        scored.into_iter().take(limit).map(|(tool, _)| tool).collect()
    };
    SearchReply {
        next: next_steps(who, found.first().copied(), detail),
        tools: found.into_iter().map(|tool| told(tool, detail)).collect(),
        searched: snapshot.published().iter().filter(may_call).count(),
    }
}

fn next_steps(who: Caller<'_>, best: Option<&Arc<PublishedTool>>, detail: Detail) -> Vec<NextStep> {
    let Some(best) = best else {
        if !who.may_author() {
            return vec![NextStep::say("no published tool that this access includes matches; try other words")];
        }
        let step = "no published tool matches; try other words, or write the tool";
        return vec![NextStep::call(step, "mcpbox_list_servers", json!({}))];
    };
    let mut next = vec![NextStep::call("call one", "mcpbox_call_tool", json!({"name": best.name, "arguments": {}}))];
    if detail != Detail::Schema {
        let again = json!({"query": best.name, "detail": "schema", "limit": 1});
        next.insert(0, NextStep::call("see its schema first", "mcpbox_search_tools", again));
    }
    next
}

fn told(tool: &PublishedTool, detail: Detail) -> FoundTool {
    let bare = FoundTool {
        name: tool.name.clone(),
        description: None,
        parameters: None,
        input_schema: None,
        output_schema: None,
    };
    match detail {
        Detail::Name => bare,
        Detail::Summary => {
            let first_line = tool.description.lines().next().unwrap_or_default();
            let description = Some(first_line.chars().take(SUMMARY_MAX_CHARS).collect());
            FoundTool { description, parameters: Some(parameters(&tool.input_schema)), ..bare }
        }
        Detail::Schema => FoundTool {
            description: Some(tool.description.clone()),
            input_schema: Some(tool.input_schema.as_ref().clone()),
            output_schema: tool.output_schema.as_deref().cloned(),
            ..bare
        },
    }
}

/// Parameter names, required ones first; optional ones end in `?`.
pub(crate) fn parameters(input_schema: &Map<String, Value>) -> Vec<String> {
    let required: Vec<&str> = input_schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let all = input_schema.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::keys);
    let optional = all.filter(|name| !required.contains(&name.as_str())).map(|name| format!("{name}?"));
    required.iter().map(|name| (*name).to_owned()).chain(optional).collect()
}

/// Recorded runs, newest first.
///
/// # Errors
/// The store cannot be read.
pub async fn calls(
    cat: &Catalog,
    filter: &CallFilter,
    request: LogRequest<CallCursor>,
) -> Result<LogPage<CallRecord>, CatalogError> {
    Ok(calls::list(&cat.store.reader(), filter, request).await?)
}

/// How many runs there were in each span, how many failed and how long they took, in the order of the spans.
///
/// # Errors
/// The store cannot be read.
pub async fn call_series(cat: &Catalog, filter: &CallFilter, spans: &[Span]) -> Result<Vec<CallFigures>, CatalogError> {
    Ok(calls::series(&cat.store.reader(), filter, spans).await?)
}

/// How many runs there are.
///
/// # Errors
/// The store cannot be read.
pub async fn call_counts(cat: &Catalog, filter: &CallFilter) -> Result<CallCounts, CatalogError> {
    Ok(calls::counts(&cat.store.reader(), filter).await?)
}

/// One recorded run.
///
/// # Errors
/// `not_found`.
pub async fn call(cat: &Catalog, id: CallId) -> Result<CallRecord, CatalogError> {
    let found = calls::by_id(&cat.store.reader(), id).await?;
    found.ok_or_else(|| refused(FailureKind::NotFound, format!("there is no record of a run {id}")))
}

/// Grants, newest first.
///
/// # Errors
/// The store cannot be read.
pub async fn grants(cat: &Catalog, filter: &GrantFilter, page: PageRequest) -> Result<Page<Grant>, CatalogError> {
    Ok(grants::list(&cat.store.reader(), filter, page).await?)
}

/// Audit events, newest first.
///
/// # Errors
/// The store cannot be read.
pub async fn audit(
    cat: &Catalog,
    filter: &AuditFilter,
    request: LogRequest<i64>,
) -> Result<LogPage<AuditEvent>, CatalogError> {
    Ok(audit::log(&cat.store.reader(), filter, request).await?)
}

/// Walks the audit chain from its first row.
///
/// # Errors
/// The store cannot be read.
pub async fn verify_audit(cat: &Catalog) -> Result<ChainCheck, CatalogError> {
    Ok(audit::verify(&cat.store.reader()).await?)
}

/// A version of a tool (id or name), with its code.
///
/// # Errors
/// `not_found`.
pub async fn version(cat: &Catalog, tool: &str, number: u32) -> Result<Version, CatalogError> {
    let snapshot = cat.snapshot();
    let known = snapshot.find_tool(tool)?;
    let found = versions::by_number(&cat.store.reader(), known.tool.id, number).await?;
    found.ok_or_else(|| refused(FailureKind::NotFound, format!("{} has no version {number}", known.name)))
}

/// The secrets of a server (id or name), without values.
///
/// # Errors
/// `not_found`.
pub async fn secrets(cat: &Catalog, server: &str) -> Result<Vec<Secret>, CatalogError> {
    let id = cat.snapshot().find_server(server)?.id;
    Ok(secrets::list(&cat.store.reader(), id).await?)
}
