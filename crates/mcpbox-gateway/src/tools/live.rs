//! Finding and calling live tools from a conversation whose tool list is old: same authorisation, approval check,
//! limits and log as a direct call.

use mcpbox_catalog::{
    author::{self, RunCode},
    call::{self, CallReply},
    listing::{self, Detail},
};
use mcpbox_core::failure::{Failure, FailureKind};
use serde_json::Value;

use super::{Answer, Argument, Definition, Effect, Invocation, Kind};
use crate::result::{self, FailurePlace, answer};

/// Name of the tool that finds other tools.
pub(crate) const SEARCH_TOOLS: &str = "mcpbox_search_tools";

/// Name of the tool that calls other tools.
pub(crate) const CALL_TOOL: &str = "mcpbox_call_tool";

/// Name of the tool that runs scripts.
pub(super) const RUN_CODE: &str = "mcpbox_run_code";

const ARGUMENTS: Argument = Argument::optional("arguments", Kind::Object, "");

pub(super) const TOOLS: &[Definition] = &[
    Definition {
        name: SEARCH_TOOLS,
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
        description: "Calls a live tool, also one your list does not show yet.",
        arguments: &[Argument::required("name", Kind::Text, "server__tool"), ARGUMENTS],
        effect: Effect::Calls,
        is_core: true,
        run: |call| Box::pin(call_tool(call)),
    },
    Definition {
        name: RUN_CODE,
        description: "Runs Python that calls live tools; only what main returns comes back. Write `async def main(...)`; in it `await tools.<server>.<tool>(arg=value)`, in parallel with asyncio.gather; failures raise ToolError (kind, hint). No network, secrets or files; at most 100 calls.",
        arguments: &[Argument::required("code", Kind::Text, "with `async def main(...)`"), ARGUMENTS],
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
    told(call::call_tool(&call.catalog, &call.who, name, arguments, call.observer).await)
}

async fn run_code(call: Invocation) -> Answer {
    let request = RunCode {
        code: call.arguments.text("code").to_owned(),
        arguments: call.arguments.object("arguments"),
        count: call.count,
    };
    told(author::run_code(&call.catalog, &call.who, request, call.observer).await?)
}

/// What a run came to; its failure is told like any other of a management tool.
fn told(reply: CallReply) -> Answer {
    match reply.result {
        Err(failure) => Err(failure.into()),
        Ok(_) => Ok(result::reply(reply, FailurePlace::Structured)),
    }
}
