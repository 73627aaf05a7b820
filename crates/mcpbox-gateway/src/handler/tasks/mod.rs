//! Long calls as tasks. In the newer era (extension `io.modelcontextprotocol/tasks`) MCPbox decides: a call that takes long is handed
//! over to a task when its client said that it understands one. In the older (2025-11-25) the client decides, and asks in other words
//! ([`older`]). What a task is, and whose, is the catalog's.

mod call;
mod older;

use std::time::Duration;

use mcpbox_catalog::{Catalog, CatalogError, task};
use mcpbox_core::{
    failure::FailureKind,
    principal::Principal,
    task::{Ending, Task, TaskState},
};
use rmcp::{
    ErrorData, RoleServer,
    model::{DetailedTask, GetTaskResult, JsonObject, TaskPayload, TaskStatus},
    service::RequestContext,
};
use serde_json::json;

pub(super) use call::{after, call_tool};
pub(super) use older::answer;

use super::era::{is_modern, server_meta};
use crate::{exchange::Facts, gateway::Gateway};

/// Answers `tasks/get` of the newer era.
pub(super) async fn get(
    gateway: &Gateway,
    context: &RequestContext<RoleServer>,
    id: &str,
) -> Result<GetTaskResult, ErrorData> {
    let who = admitted(gateway, context)?;
    let task = task::get(&gateway.catalog, &who, id).await.map_err(told)?;
    let mut result = GetTaskResult::new(detailed(task));
    result.meta = is_modern(context).then(server_meta);
    Ok(result)
}

/// Answers `tasks/update`: no task asks for anything, so there is nothing to be told.
pub(super) async fn update(gateway: &Gateway, context: &RequestContext<RoleServer>, id: &str) -> Result<(), ErrorData> {
    let who = admitted(gateway, context)?;
    task::get(&gateway.catalog, &who, id).await.map(drop).map_err(told)
}

/// Answers `tasks/cancel` of the newer era; a task that is over stays as it is.
pub(super) async fn cancel(gateway: &Gateway, context: &RequestContext<RoleServer>, id: &str) -> Result<(), ErrorData> {
    let who = admitted(gateway, context)?;
    task::cancel(&gateway.catalog, &who, id).await.map(drop).map_err(told)
}

/// Who asks, counted like a call: each question is one to the database.
fn admitted(gateway: &Gateway, context: &RequestContext<RoleServer>) -> Result<Principal, ErrorData> {
    let facts = Facts::of(context);
    let counted = gateway.limiter.count_client(&facts.client_key);
    counted.map_err(|failure| told(CatalogError::Refused(failure)))?;
    Ok(facts.principal(context))
}

/// A refusal as an error of the protocol.
fn told(error: CatalogError) -> ErrorData {
    let failure = error.into_failure();
    let message = match &failure.hint {
        Some(hint) => format!("{}; {hint}.", failure.message),
        None => failure.message.clone(),
    };
    let data = Some(json!(failure));
    match failure.kind {
        FailureKind::NotFound | FailureKind::InvalidArguments => ErrorData::invalid_params(message, data),
        _ => ErrorData::internal_error(message, data),
    }
}

/// A task as the newer era has it.
fn described(task: &Task) -> rmcp::model::Task {
    let status = match task.state {
        TaskState::Working => TaskStatus::Working,
        TaskState::Completed => TaskStatus::Completed,
        TaskState::Failed => TaskStatus::Failed,
        TaskState::Cancelled => TaskStatus::Cancelled,
    };
    let mut described = rmcp::model::Task::new(task.id.as_str(), status, task.created(), task.updated())
        .with_ttl_ms(task.ttl_ms())
        .with_poll_interval_ms(poll_ms());
    described.status_message.clone_from(&task.message);
    described
}

/// The same with what came of it.
fn detailed(task: Task) -> DetailedTask {
    let described = described(&task);
    let payload = match (task.state, task.ending) {
        (TaskState::Working, _) => TaskPayload::Working,
        (TaskState::Cancelled, _) => TaskPayload::Cancelled,
        (_, Some(Ending::Result(result))) => TaskPayload::Completed { result },
        (_, Some(Ending::Error(error))) => TaskPayload::Failed { error },
        (_, None) => TaskPayload::Failed { error: JsonObject::new() },
    };
    DetailedTask::new(described, payload)
}

fn poll_ms() -> u64 {
    u64::try_from(task::POLL_EVERY.as_millis()).unwrap_or(u64::MAX)
}

/// Makes a task of a call under this name.
async fn open(catalog: &Catalog, who: &Principal, name: &str, ttl: Option<Duration>) -> Result<Task, CatalogError> {
    task::open(catalog, who, task::NewTask { name, ttl }).await
}
