//! One `tools/call`: find what the name stands for, count it, run it, and stop it when nobody waits any more.

use std::sync::Arc;

use mcpbox_catalog::{CountCall, PublishedTool, call};
use mcpbox_core::{
    execute::Observer,
    failure::{Failure, FailureKind},
    principal::Principal,
};
use rmcp::{
    ErrorData, RoleServer,
    model::{CallToolRequestParams, CallToolResult, JsonObject},
    service::RequestContext,
};
use serde_json::json;
use tracing::{Instrument, Span};

use super::{
    ask::Ask,
    era::{is_modern, server_meta},
    progress::{Wanted, with_notices},
};
use crate::{
    exchange::Facts,
    gateway::Gateway,
    result::{self, FailurePlace},
    tools::{CALL_TOOL, same_call},
    toolset::Found,
};

/// Longest arguments that a refusal repeats, bytes of JSON.
const REPEATED_MAX_BYTES: usize = 2_000;

/// Answers one `tools/call`.
///
/// # Errors
/// −32602 for a name that is no tool here; everything else is a result, so that the LLM reads it.
pub(super) async fn call_tool(
    gateway: &Arc<Gateway>,
    request: CallToolRequestParams,
    context: RequestContext<RoleServer>,
    (wanted, ask): (Wanted, &Ask),
) -> Result<CallToolResult, ErrorData> {
    let facts = Facts::of(&context);
    let modern = is_modern(&context);
    let arguments = request.arguments.unwrap_or_default();
    let work = with_notices(&context, wanted, &request.name, |observer| {
        let observer = ask.observer(observer);
        Box::pin(dispatch(gateway, &facts, facts.principal(&context), &request.name, arguments, observer, modern))
    });
    let work = work.instrument(facts.span.clone().unwrap_or_else(Span::current));
    let mut result = unless_stopped(gateway, &facts, &context, work, |told| Ok(stopped(told))).await?;
    if modern {
        result.meta.get_or_insert_default().extend(server_meta());
    }
    Ok(result)
}

/// What came of a run, or what is told when nobody waits for it any more: then it is dropped, which ends it.
pub(super) async fn unless_stopped<T>(
    gateway: &Gateway,
    facts: &Facts,
    context: &RequestContext<RoleServer>,
    work: impl Future<Output = T>,
    stopped: impl FnOnce(&'static str) -> T,
) -> T {
    tokio::select! {
        ended = work => ended,
        () = facts.exchange.gone.cancelled() => stopped("The client went away; the call was cancelled."),
        () = context.ct.cancelled() => {
            facts.exchange.unanswered.cancel();
            stopped("The client cancelled the call.")
        }
        () = gateway.interrupt.cancelled() => {
            stopped("MCPbox is stopping; the call was interrupted. What it had changed outside may stand.")
        }
    }
}

pub(super) async fn dispatch(
    gateway: &Arc<Gateway>,
    facts: &Facts,
    who: Principal,
    name: &str,
    arguments: JsonObject,
    observer: Arc<dyn Observer>,
    modern: bool,
) -> Result<CallToolResult, ErrorData> {
    let Some(found) = facts.toolset.find(name) else {
        let nearest = facts.toolset.nearest(name, &gateway.catalog.snapshot(), &who);
        return Err(unknown_tool(name, &arguments, &nearest));
    };
    let target = target(name, &arguments, &found);
    if let Err(refusal) = count(gateway, facts, &who, target) {
        let refusal = leads_on(refusal, name, &arguments);
        return Ok(result::failure(&refusal, FailurePlace::Structured));
    }
    // A tool that is known here is called at once; anything else may depend on what was just done elsewhere.
    if target.is_none_or(|target| resolve(gateway, &who, target).is_none()) {
        gateway.catalog.catch_up().await;
    }
    let snapshot = gateway.catalog.snapshot();
    match found {
        Found::Management(definition) => {
            let count = count_within(gateway, &facts.client_key, &who);
            Ok(definition.run(gateway.catalog.clone(), who, arguments, observer, count).await)
        }
        Found::Published(full_name) => {
            let kept = arguments.clone();
            let mut reply = call::call_tool(&gateway.catalog, &who, &full_name, arguments, observer).await;
            reply.result = reply.result.map_err(|failure| leads_on(failure, name, &kept));
            match &reply.result {
                Err(failure) if failure.kind == FailureKind::NotFound && reply.tool.is_none() => {
                    Err(unknown_tool(name, &kept, &facts.toolset.nearest(name, &snapshot, &who)))
                }
                _ => {
                    let has_output_schema = reply.tool.as_ref().is_some_and(|tool| tool.output_schema.is_some());
                    let place =
                        if modern || !has_output_schema { FailurePlace::Structured } else { FailurePlace::Aside };
                    Ok(result::reply(reply, place))
                }
            }
        }
    }
}

/// The failure with a call to make now: the same one, where it names no better.
fn leads_on(failure: Failure, name: &str, arguments: &JsonObject) -> Failure {
    let next = failure.next.clone().unwrap_or_else(|| same_call(name, arguments));
    Failure { next: Some(next), ..failure }
}

/// The published tool that a call is meant for.
fn target<'a>(name: &str, arguments: &'a JsonObject, found: &'a Found) -> Option<&'a str> {
    match found {
        Found::Published(full_name) => Some(full_name.as_str()),
        Found::Management(_) if name == CALL_TOOL => arguments.get("name").and_then(|name| name.as_str()),
        Found::Management(_) => None,
    }
}

/// Counts the call for its client, and for the published tool it is meant for.
fn count(gateway: &Gateway, facts: &Facts, who: &Principal, target: Option<&str>) -> Result<(), Failure> {
    gateway.limiter.count_client(&facts.client_key)?;
    target.map_or(Ok(()), |target| count_target(gateway, who, target))
}

/// A tool that `who` may not call is none: its count would show that it is there, and keep others from it.
fn count_target(gateway: &Gateway, who: &Principal, name: &str) -> Result<(), Failure> {
    resolve(gateway, who, name).map_or(Ok(()), |tool| gateway.limiter.count_tool(&tool.name))
}

/// The published tool of this name, if `who` may call it.
pub(super) fn resolve(gateway: &Gateway, who: &Principal, name: &str) -> Option<Arc<PublishedTool>> {
    gateway.catalog.snapshot().resolve_among(name, |server| who.may_call(server)).ok()
}

/// Counts what a script calls like the calls of its client.
fn count_within(gateway: &Arc<Gateway>, client_key: &str, who: &Principal) -> Arc<CountCall> {
    let (gateway, client_key, who) = (Arc::clone(gateway), client_key.to_owned(), who.clone());
    Arc::new(move |name| {
        gateway.limiter.count_client(&client_key)?;
        count_target(&gateway, &who, name)
    })
}

/// The name is no tool here. The nearest one is named as a call, with the same arguments.
pub(super) fn unknown_tool(name: &str, arguments: &JsonObject, nearest: &[String]) -> ErrorData {
    let shown: String = name.chars().take(100).collect();
    let failure = Failure::new(FailureKind::NotFound, format!("there is no tool {shown}")).nearest(nearest);
    let (message, failure) = match nearest.first() {
        None => (
            format!("Unknown tool: {shown}. mcpbox_search_tools finds the published tools."),
            failure.next("mcpbox_search_tools", json!({"query": shown})),
        ),
        Some(first) => {
            let fits = json!(arguments).to_string().len() <= REPEATED_MAX_BYTES;
            let arguments = if fits { json!(arguments) } else { json!({}) };
            (format!("Unknown tool: {shown}. Did you mean {}?", nearest.join(", ")), failure.next(first, arguments))
        }
    };
    ErrorData::invalid_params(message, Some(json!(failure)))
}

pub(super) fn stopped(message: &str) -> CallToolResult {
    result::failure(&Failure::new(FailureKind::Cancelled, message), FailurePlace::Structured)
}
