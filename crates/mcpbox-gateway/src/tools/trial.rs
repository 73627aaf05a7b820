//! Trying code: analyse it, run a draft in quarantine, read the log of runs.

use mcpbox_catalog::{
    author::{self, TestCode},
    offers::Function,
};

use super::{
    Answer, Argument, Definition, Effect, Invocation, Kind, TOOL_ID,
    paging::{self, CURSOR},
};
use crate::result::answer;

pub(super) const TOOLS: &[Definition] = &[
    Definition {
        name: "mcpbox_validate_code",
        description: "Parses and analyses code without storing or running it. mcpbox_create_tool does the same check.",
        arguments: &[Argument::required("code", Kind::Text, "with `async def main(...)`")],
        effect: Effect::Reads,
        is_core: false,
        run: |call| Box::pin(validate_code(call)),
    },
    Definition {
        name: "mcpbox_test_code",
        description: "Runs the newest version in quarantine, also before approval: no secrets, granted hosts only. Kept as evidence. Next: mcpbox_request_publish.",
        arguments: &[
            TOOL_ID,
            Argument::optional("arguments", Kind::Object, ""),
            Argument::optional(
                "http_mocks",
                Kind::Mocks,
                "[{url (or prefix*), method?, status?, headers?, body?}]; nothing else answers then",
            ),
            Argument::optional("answers", Kind::Objects, "to ctx.elicit"),
            Argument::optional("prompt", Kind::Text, "instead of main"),
            Argument::optional("resource", Kind::Text, ""),
        ],
        effect: Effect::Adds,
        is_core: true,
        run: |call| Box::pin(test_code(call)),
    },
    Definition {
        name: "mcpbox_get_tool_logs",
        description: "Shows recent runs of a tool: redacted arguments, result, output, error.",
        arguments: &[
            TOOL_ID,
            Argument::optional("limit", Kind::Integer { minimum: 1, maximum: 50 }, "").or_integer(10),
            CURSOR,
        ],
        effect: Effect::Reads,
        is_core: false,
        run: |call| Box::pin(get_tool_logs(call)),
    },
];

async fn validate_code(call: Invocation) -> Answer {
    answer(&author::validate_code(&call.catalog, &call.who, call.arguments.text("code")).await?)
}

async fn test_code(call: Invocation) -> Answer {
    let text = |name| call.arguments.maybe_text(name).map(str::to_owned);
    let request = TestCode {
        tool: call.arguments.text("tool_id").to_owned(),
        function: Function::named(text("prompt"), text("resource"))?,
        arguments: call.arguments.object("arguments"),
        http_mocks: call.arguments.parsed("http_mocks"),
        answers: call.arguments.parsed("answers"),
    };
    answer(&author::test_code(&call.catalog, &call.who, request, call.observer).await?)
}

async fn get_tool_logs(call: Invocation) -> Answer {
    let part = paging::asked(&call.arguments, call.arguments.integer("limit").unwrap_or(10))?;
    let told = author::get_tool_logs(&call.catalog, &call.who, call.arguments.text("tool_id"), part).await?;
    paging::part("mcpbox_get_tool_logs", &call.arguments, &told, part, told.total)
}
