//! `POST /api/tools/{id}/call`: runs the live version, as any other call of it.

use std::sync::Arc;

use axum::extract::State;
use mcpbox_catalog::{author, call, offers::Function};
use mcpbox_core::{
    execute::Unobserved,
    failure::Failure,
    ids::{CallId, ToolId},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::{
    api::Answer,
    auth::Maker,
    extract::{Json, Path},
    problem::Problem,
    state::AdminState,
};

/// A call.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CallRequest {
    /// Name of a prompt, or of its function: that one runs instead of `main`.
    prompt: Option<String>,
    /// URI of a resource; or its template or function's name, with the values among the arguments: that one runs instead of `main`.
    resource: Option<String>,
    /// Arguments of what runs: of the tool, as its input schema says.
    #[serde(default)]
    #[schema(value_type = Object)]
    arguments: Map<String, Value>,
}

/// What came of a call.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CallResult {
    /// Names its record.
    call_id: CallId,
    /// Whether it returned.
    succeeded: bool,
    /// What it returned.
    value: Value,
    /// MCP content blocks it returned.
    content: Vec<Value>,
    /// The value as MCP clients get it in `structuredContent`.
    #[schema(value_type = Option<Object>)]
    structured: Option<Map<String, Value>>,
    /// Why it failed.
    failure: Option<Failure>,
}

/// Calls a published tool. A run that fails is no error: the answer says why.
#[utoipa::path(
    post, path = "/tools/{id}/call", tag = "tools",
    params(("id" = String, Path, description = "Id of the tool, or `server__tool`")),
    request_body = CallRequest, responses((status = OK, body = CallResult))
)]
pub(crate) async fn call(
    State(state): State<AdminState>,
    viewer: Maker,
    Path(id): Path<String>,
    Json(request): Json<CallRequest>,
) -> Answer<CallResult> {
    let name = match id.parse::<ToolId>() {
        Ok(_) => author::get_tool(&state.catalog, viewer.caller(), &id).await?.published_name,
        Err(_) => id,
    };
    let wanted = Function::named(request.prompt, request.resource)?;
    let (who, nobody) = (viewer.caller(), Arc::new(Unobserved));
    let reply = call::call_function(&state.catalog, who, (&name, &wanted), request.arguments, nobody).await;
    let (call_id, output, failure) = match (reply.call_id, reply.result) {
        (None, Err(failure)) => return Err(failure.into()),
        (None, Ok(_)) => return Err(Problem::internal()),
        (Some(id), Ok(output)) => (id, Some(output), None),
        (Some(id), Err(failure)) => (id, None, Some(failure)),
    };
    let succeeded = output.is_some();
    let output = output.unwrap_or_default();
    let structured = reply.structured;
    Ok(axum::Json(CallResult { call_id, succeeded, value: output.value, content: output.content, structured, failure }))
}
