//! Recent runs of a tool, so that its author can repair it.

use chrono::{DateTime, Utc};
use mcpbox_core::{
    call::{CallRecord, Profile},
    execute::{Entry, HostAttempt},
    failure::Failure,
    ids::{CallId, VersionId},
    paging::{Page, PageRequest},
    principal::Actor,
};
use mcpbox_store::{
    calls::{self, CallFilter},
    versions,
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{Caller, Catalog, CatalogError, NextStep};

/// A run.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LogEntry {
    /// Names the run.
    pub call_id: CallId,
    /// A call, or a test.
    pub profile: Profile,
    /// The version that ran.
    pub version: Option<u32>,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// How long it took, milliseconds.
    pub duration_ms: f64,
    /// Who called.
    pub actor: Actor,
    /// Which function ran; none when it was `main`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<Entry>,
    /// Arguments, redacted.
    pub arguments: Value,
    /// Result, cut at 64 KiB.
    pub result: Value,
    /// What it printed, cut.
    pub stdout: String,
    /// What it said with `ctx.log`, cut.
    pub logs: Vec<String>,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// Hosts it tried.
    pub hosts: Vec<HostAttempt>,
}

/// Recent runs of a tool, newest first.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ToolLogs {
    /// `server__tool`.
    pub tool: String,
    /// Newest first.
    pub runs: Vec<LogEntry>,
    /// How many are kept in all.
    pub total: u64,
    /// What to do now.
    pub next: Vec<NextStep>,
}

/// Recent runs of a tool, newest first; a remote client reads only those of its human.
///
/// # Errors
/// `not_found` with the nearest names.
pub async fn get_tool_logs(
    cat: &Catalog,
    who: impl Into<Caller<'_>>,
    tool: &str,
    page: PageRequest,
) -> Result<ToolLogs, CatalogError> {
    let who = who.into();
    let snapshot = cat.snapshot();
    let known = who.seen_tool(&snapshot, tool)?;
    let reader = cat.store.reader();
    let filter = CallFilter { tool: Some(known.tool.id), ..who.own_calls() };
    let Page { items: runs, total, .. } = calls::page(&reader, &filter, page).await?;
    let history = versions::list(&reader, known.tool.id, PageRequest::new(1, 100)).await?.items;
    let number = |id: VersionId| history.iter().find(|version| version.id == id).map(|version| version.number);
    let newest = runs.first().filter(|_| page.offset() == 0);
    let next = match newest.map(|run| run.failure.is_some()) {
        None if total > 0 => NextStep::say("these are older runs"),
        None => NextStep::call("it never ran; try it", "mcpbox_test_code", json!({"tool_id": known.name})),
        Some(true) => {
            let update = json!({"tool_id": known.name, "python_code": crate::next::YOURS});
            NextStep::call("the last run failed; mend the code", "mcpbox_update_tool", update)
        }
        Some(false) => NextStep::say("the last run succeeded"),
    };
    let runs = runs.into_iter().map(|run| log_entry(number(run.version_id), run)).collect();
    Ok(ToolLogs { tool: known.name.clone(), runs, total, next: vec![next] })
}

fn log_entry(version: Option<u32>, run: CallRecord) -> LogEntry {
    LogEntry {
        call_id: run.id,
        profile: run.profile,
        version,
        started_at: run.started_at,
        duration_ms: run.observed.duration().as_secs_f64() * 1_000.0,
        actor: run.actor,
        entry: Some(run.observed.entry).filter(|entry| !entry.is_main()),
        arguments: run.arguments,
        result: run.result,
        stdout: run.stdout,
        logs: run.logs,
        failure: run.failure,
        hosts: run.observed.hosts,
    }
}
