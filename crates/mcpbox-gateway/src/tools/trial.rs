//! Trying code: analyse it, run a draft in quarantine, read the log of runs.

use mcpbox_catalog::author::{self, TestCode};

use super::{Answer, Argument, Definition, Effect, Invocation, Kind, TOOL_ID};
use crate::result::answer;

pub(super) const TOOLS: &[Definition] = &[
    Definition {
        name: "mcpbox_validate_code",
        title: "Check Python code",
        description: "Parses and analyses Python code without storing or running it: syntax errors with line, derived \
                      schemas, findings, needed modules, hosts and secrets. mcpbox_create_tool does the same check.",
        arguments: &[Argument::required("code", Kind::Text, "Python source with a `main` function")],
        effect: Effect::Reads,
        is_core: false,
        run: |call| Box::pin(validate_code(call)),
    },
    Definition {
        name: "mcpbox_test_code",
        title: "Test a tool",
        description: "Runs the newest version of a tool, approved or not, in quarantine: no secrets, only hosts already \
                      granted, tight limits. The run is kept as evidence for the reviewer, so test before asking for \
                      publication. A host that is not granted yet is refused and recorded; give http_mocks to test the \
                      code behind it. Next: mend with mcpbox_update_tool, or mcpbox_request_publish.",
        arguments: &[
            TOOL_ID,
            Argument::optional("arguments", Kind::Object, "arguments of main, as an object"),
            Argument::optional("http_mocks", Kind::Mocks, "canned HTTP answers; when given, nothing else is reachable"),
        ],
        effect: Effect::Adds,
        is_core: true,
        run: |call| Box::pin(test_code(call)),
    },
    Definition {
        name: "mcpbox_get_tool_logs",
        title: "Show a tool's runs",
        description: "Shows recent runs of a tool, newest first: redacted arguments, result, printed output, error, duration. \
                      Use it to find out why calls fail.",
        arguments: &[
            TOOL_ID,
            Argument::optional("limit", Kind::Integer { minimum: 1, maximum: 50 }, "how many runs, at most 50")
                .or_integer(10),
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
    let request = TestCode {
        tool: call.arguments.text("tool_id").to_owned(),
        arguments: call.arguments.object("arguments"),
        http_mocks: call.arguments.parsed("http_mocks"),
    };
    answer(&author::test_code(&call.catalog, &call.who, request, call.observer).await?)
}

async fn get_tool_logs(call: Invocation) -> Answer {
    let limit = call.arguments.integer("limit").unwrap_or(10);
    answer(&author::get_tool_logs(&call.catalog, &call.who, call.arguments.text("tool_id"), limit).await?)
}
