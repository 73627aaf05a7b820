//! Finding and calling live tools from a conversation whose tool list is old: same authorisation, approval check,
//! limits and log as a direct call.

use mcpbox_catalog::{
    author::{self, RunCode},
    call,
    listing::{self, Detail},
};
use mcpbox_core::failure::{Failure, FailureKind};
use serde_json::{Value, json};

use super::{Answer, Argument, Definition, Effect, Invocation, Kind};
use crate::result::{self, FailurePlace, answer};

/// Name of the tool that calls other tools.
pub(crate) const CALL_TOOL: &str = "mcpbox_call_tool";

/// Name of the tool that runs scripts.
pub(crate) const RUN_CODE: &str = "mcpbox_run_code";

pub(super) const TOOLS: &[Definition] = &[
    Definition {
        name: "mcpbox_search_tools",
        description: "Finds live tools by words, new ones included. Search before writing a tool. Next: mcpbox_call_tool.",
        arguments: &[
            Argument::required("query", Kind::Text, "what it should do"),
            Argument::optional("limit", Kind::Integer { minimum: 1, maximum: 50 }, "").or_integer(10),
            Argument::optional("detail", Kind::Choice(&["name", "summary", "schema"]), "").or_text("summary"),
        ],
        effect: Effect::Reads,
        is_core: true,
        run: |call| Box::pin(search_tools(call)),
    },
    Definition {
        name: CALL_TOOL,
        description: "Calls a live tool by name, also one your list does not show yet.",
        arguments: &[
            Argument::required("name", Kind::Text, "server__tool"),
            Argument::optional("arguments", Kind::Object, ""),
        ],
        effect: Effect::Calls,
        is_core: true,
        run: |call| Box::pin(call_tool(call)),
    },
    Definition {
        name: RUN_CODE,
        description: "Runs Python that calls live tools; only what main returns comes back. Write `async def main(...)`; in it `await tools.<server>.<tool>(arg=value)`, in parallel with asyncio.gather; failures raise ToolError (kind, hint). No network, secrets or files; at most 100 calls.",
        arguments: &[
            Argument::required("code", Kind::Text, "with `async def main(...)`"),
            Argument::optional("arguments", Kind::Object, ""),
        ],
        effect: Effect::Calls,
        is_core: true,
        run: |call| Box::pin(run_code(call)),
    },
];

async fn search_tools(call: Invocation) -> Answer {
    let limit = call.arguments.integer("limit").unwrap_or(10);
    let detail: Detail = call.arguments.parsed("detail").unwrap_or_default();
    answer(&listing::search_tools(&call.catalog, &call.who, call.arguments.text("query"), limit, detail))
}

async fn call_tool(call: Invocation) -> Answer {
    let name = call.arguments.text("name");
    if super::find(name).is_some() {
        let failure = Failure::new(FailureKind::InvalidArguments, format!("{name} is a management tool"))
            .hint(format!("call {name} directly; {CALL_TOOL} is for the published tools"))
            .next(name, Value::Object(call.arguments.object("arguments")));
        return Err(failure.into());
    }
    let arguments = call.arguments.object("arguments");
    let mut reply = call::call_tool(&call.catalog, &call.who, name, arguments.clone(), call.observer).await;
    if let Err(failure) = &mut reply.result
        && reply.tool.is_none()
        && let Some(nearest) = failure.nearest.first().cloned()
    {
        *failure = failure.clone().next(CALL_TOOL, json!({"name": nearest, "arguments": arguments}));
    }
    Ok(result::reply(reply, FailurePlace::Structured))
}

async fn run_code(call: Invocation) -> Answer {
    let request = RunCode {
        code: call.arguments.text("code").to_owned(),
        arguments: call.arguments.object("arguments"),
        count: call.count,
    };
    let reply = author::run_code(&call.catalog, &call.who, request, call.observer).await?;
    Ok(result::reply(reply, FailurePlace::Structured))
}
