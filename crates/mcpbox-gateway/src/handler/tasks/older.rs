//! Tasks as 2025-11-25 has them: the client asks for one with the call, and for its result by a request that waits. The SDK has no words
//! for that any more; `http::older_tasks` renames what such a client sends, and it arrives here.

use std::{sync::Arc, time::Duration};

use mcpbox_catalog::task::{self, Handover};
use mcpbox_core::{
    execute::Unobserved,
    failure::{Failure, FailureKind},
    task::{Ending, Task, TaskState},
};
use rmcp::{
    ErrorData, RoleServer,
    model::{CustomRequest, CustomResult, ErrorCode, JsonObject},
    service::RequestContext,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    admitted,
    call::{LongCall, go_on},
    open, poll_ms, told,
};
use crate::{
    exchange::Facts,
    gateway::Gateway,
    handler::call::{resolve, unknown_tool, unless_stopped},
    http::OLDER_TASKS,
    result::{self, FailurePlace},
    tools::takes_a_while,
    toolset::Found,
};

/// `_meta` key that says to which task a result belongs.
const RELATED: &str = "io.modelcontextprotocol/related-task";
/// `_meta` key of what a model may be told meanwhile.
const IMMEDIATE: &str = "io.modelcontextprotocol/model-immediate-response";

/// Answers a request about tasks of a client of 2025-11-25.
///
/// # Errors
/// −32601 for anything else, −32602 for a task that is not this client's.
pub(in crate::handler) async fn answer(
    gateway: &Arc<Gateway>,
    request: CustomRequest,
    context: RequestContext<RoleServer>,
) -> Result<CustomResult, ErrorData> {
    let method = request.method.strip_prefix(OLDER_TASKS).filter(|_| Facts::of(&context).speaks_older_tasks);
    let params = request.params.unwrap_or_default();
    let answered = match method {
        Some("call") => call(gateway, &context, parsed(params)?).await,
        Some("get") => get(gateway, &context, &parsed::<Named>(params)?.task_id).await,
        Some("cancel") => cancel(gateway, &context, &parsed::<Named>(params)?.task_id).await,
        Some("result") => {
            let id = parsed::<Named>(params)?.task_id;
            let facts = Facts::of(&context);
            unless_stopped(gateway, &facts, &context, result(gateway, &context, &id), |told| {
                Err(ErrorData::internal_error(told, None))
            })
            .await
        }
        Some("list") => list(gateway, &context, parsed(params)?).await,
        _ => Err(ErrorData::new(ErrorCode::METHOD_NOT_FOUND, request.method, None)),
    };
    answered.map(CustomResult)
}

#[derive(Deserialize)]
struct Call {
    name: String,
    #[serde(default)]
    arguments: Option<JsonObject>,
    task: Wish,
}

#[derive(Deserialize)]
struct Wish {
    /// Milliseconds.
    #[serde(default)]
    ttl: Option<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Named {
    task_id: String,
}

#[derive(Deserialize)]
struct Cursor {
    #[serde(default)]
    cursor: Option<String>,
}

fn parsed<T: serde::de::DeserializeOwned>(params: Value) -> Result<T, ErrorData> {
    let params = if params.is_null() { json!({}) } else { params };
    serde_json::from_value(params).map_err(|error| ErrorData::invalid_params(error.to_string(), None))
}

/// Begins a call as a task.
async fn call(gateway: &Arc<Gateway>, context: &RequestContext<RoleServer>, call: Call) -> Result<Value, ErrorData> {
    let arguments = call.arguments.unwrap_or_default();
    let long = LongCall::of(gateway, context, call.name.clone(), arguments);
    check(gateway, &long).await?;
    // What cannot be a time is no wish.
    let ttl = call.task.ttl.and_then(|ttl| Duration::try_from_secs_f64(ttl / 1_000.0).ok());
    let task = open(&gateway.catalog, &long.who, &call.name, ttl).await.map_err(told)?;
    let created = json!({
        "task": described(&task),
        "_meta": {IMMEDIATE: format!("{} runs as task {}; its result comes later.", call.name, task.id)},
    });
    let heard = Handover::from(Arc::new(Unobserved));
    let work = long.begin(heard.clone());
    go_on(gateway, context, task, heard, work);
    Ok(created)
}

/// Refuses what is no tool here, and what is done at once.
async fn check(gateway: &Gateway, call: &LongCall) -> Result<(), ErrorData> {
    let unknown = || {
        let nearest = call.facts.toolset.nearest(&call.name, &gateway.catalog.snapshot(), &call.who);
        unknown_tool(&call.name, &call.arguments, &nearest)
    };
    match call.facts.toolset.find(&call.name) {
        None => Err(unknown()),
        Some(Found::Management(definition)) if takes_a_while(definition.name) => Ok(()),
        Some(Found::Management(definition)) => {
            let message = format!("{} answers at once and does not run as a task; call it without.", definition.name);
            Err(ErrorData::new(ErrorCode::METHOD_NOT_FOUND, message, None))
        }
        Some(Found::Published(name)) => {
            if resolve(gateway, &call.who, &name).is_none() {
                gateway.catalog.catch_up().await;
            }
            resolve(gateway, &call.who, &name).map(drop).ok_or_else(unknown)
        }
    }
}

async fn get(gateway: &Gateway, context: &RequestContext<RoleServer>, id: &str) -> Result<Value, ErrorData> {
    let who = admitted(gateway, context)?;
    Ok(described(&task::get(&gateway.catalog, &who, id).await.map_err(told)?))
}

async fn cancel(gateway: &Gateway, context: &RequestContext<RoleServer>, id: &str) -> Result<Value, ErrorData> {
    let who = admitted(gateway, context)?;
    let (task, is_first) = task::cancel(&gateway.catalog, &who, id).await.map_err(told)?;
    if is_first {
        return Ok(described(&task));
    }
    let message = format!("The task is over ({}): there is nothing to cancel.", word(&task));
    Err(ErrorData::invalid_params(message, None))
}

async fn list(gateway: &Gateway, context: &RequestContext<RoleServer>, from: Cursor) -> Result<Value, ErrorData> {
    let who = admitted(gateway, context)?;
    let page = task::list(&gateway.catalog, &who, from.cursor.as_deref()).await.map_err(told)?;
    let mut answer = json!({"tasks": page.tasks.iter().map(described).collect::<Vec<_>>()});
    if let (Some(next), Some(answer)) = (page.next, answer.as_object_mut()) {
        answer.insert("nextCursor".to_owned(), Value::String(next));
    }
    Ok(answer)
}

/// What the call would have been answered with, as soon as there is something.
async fn result(gateway: &Gateway, context: &RequestContext<RoleServer>, id: &str) -> Result<Value, ErrorData> {
    let who = admitted(gateway, context)?;
    let task = task::wait(&gateway.catalog, &who, id).await.map_err(told)?;
    let mut result = match task.ending {
        Some(Ending::Result(result)) => result,
        Some(Ending::Error(error)) => return Err(as_error(error)),
        None => {
            let why = task.message.unwrap_or_default();
            let cancelled = result::failure(&Failure::new(FailureKind::Cancelled, why), FailurePlace::Aside);
            json!(cancelled).as_object().cloned().unwrap_or_default()
        }
    };
    // A word of the newer era, when the task began there.
    result.remove("resultType");
    let meta = result.entry("_meta").or_insert_with(|| json!({}));
    if let Some(meta) = meta.as_object_mut() {
        meta.insert(RELATED.to_owned(), json!({"taskId": task.id}));
    }
    Ok(Value::Object(result))
}

fn as_error(error: JsonObject) -> ErrorData {
    serde_json::from_value(Value::Object(error))
        .unwrap_or_else(|_| ErrorData::internal_error("The call ended without a result; call the tool again.", None))
}

/// The state in the words of this era, in which a result with `isError` is a failure.
fn word(task: &Task) -> &'static str {
    match task.state {
        TaskState::Working => "working",
        TaskState::Completed if task.ending.as_ref().is_some_and(Ending::is_failure) => "failed",
        TaskState::Completed => "completed",
        TaskState::Failed => "failed",
        TaskState::Cancelled => "cancelled",
    }
}

/// A task as this era has it.
fn described(task: &Task) -> Value {
    let mut described = json!({
        "taskId": task.id,
        "status": word(task),
        "createdAt": task.created(),
        "lastUpdatedAt": task.updated(),
        "ttl": task.ttl_ms(),
        "pollInterval": poll_ms(),
    });
    if let (Some(message), Some(described)) = (&task.message, described.as_object_mut()) {
        described.insert("statusMessage".to_owned(), Value::String(message.clone()));
    }
    described
}
