//! Asking a human: publication, modules, hosts; and how the asking stands.

use mcpbox_catalog::author;

use super::{Answer, Argument, Definition, Effect, Invocation, Kind, TOOL_ID};
use crate::result::answer;

pub(super) const TOOLS: &[Definition] = &[
    Definition {
        name: "mcpbox_request_publish",
        title: "Ask for publication",
        description: "Asks a human to approve the newest version of a tool, in one bundle with every module, host and secret \
                      it needs. Show the user the review URL from the answer. Once approved (mcpbox_get_tool_status tells), \
                      the tool can be called at once with mcpbox_call_tool, or directly by clients that refresh their list.",
        arguments: &[
            TOOL_ID,
            Argument::optional(
                "notes",
                Kind::Text,
                "what the tool does and why it needs what it needs, for the reviewer",
            ),
        ],
        effect: Effect::Changes,
        is_core: true,
        run: |call| Box::pin(request_publish(call)),
    },
    Definition {
        name: "mcpbox_request_module",
        title: "Ask for a module",
        description: "Asks a human to grant a Python module or a package of the package index to a tool. Rarely needed: \
                      mcpbox_request_publish asks for everything the code imports by itself. Needed for certain versions of a \
                      package, for one whose name differs from the module's, or before a test can use it.",
        arguments: &[
            TOOL_ID,
            Argument::required("module_name", Kind::Text, "what the code imports: sqlite3, pandas, yaml"),
            Argument::required("justification", Kind::Text, "why the tool needs it, for the reviewer"),
            Argument::optional(
                "package",
                Kind::Text,
                "the package the module comes from, when its name differs or versions matter: pandas>=2,<3",
            ),
            Argument::optional(
                "network",
                Kind::Flag,
                "true for a package that makes HTTP requests by itself, such as requests; granted hosts only",
            ),
        ],
        effect: Effect::Adds,
        is_core: false,
        run: |call| Box::pin(request_module(call)),
    },
    Definition {
        name: "mcpbox_request_network_access",
        title: "Ask for a host",
        description: "Asks a human to let a tool reach a host over HTTP. Needed for hosts the code puts together at run time; \
                      those written in the code are asked for by mcpbox_request_publish.",
        arguments: &[
            TOOL_ID,
            Argument::required("host", Kind::Text, "one exact host name, without scheme or path: api.example.com"),
            Argument::required("justification", Kind::Text, "why the tool needs it, for the reviewer"),
            Argument::optional(
                "port",
                Kind::Integer { minimum: 1, maximum: 65_535 },
                "the one port; without it 80 and 443",
            ),
        ],
        effect: Effect::Adds,
        is_core: false,
        run: |call| Box::pin(request_network_access(call)),
    },
    Definition {
        name: "mcpbox_get_tool_status",
        title: "Show where a tool stands",
        description: "Tells whether a tool is published, what a human said about its newest version, what is still waiting, \
                      and what to do next. Use it to see whether a review was decided.",
        arguments: &[TOOL_ID],
        effect: Effect::Reads,
        is_core: true,
        run: |call| Box::pin(get_tool_status(call)),
    },
    Definition {
        name: "mcpbox_list_pending_requests",
        title: "List what waits for a human",
        description: "Lists everything that waits for a human, by server: reviews with their URLs, single requests, secrets \
                      without a value.",
        arguments: &[],
        effect: Effect::Reads,
        is_core: false,
        run: |call| Box::pin(list_pending_requests(call)),
    },
];

async fn request_publish(call: Invocation) -> Answer {
    let notes = call.arguments.text("notes");
    answer(&author::request_publish(&call.catalog, &call.who, call.arguments.text("tool_id"), notes).await?)
}

async fn request_module(call: Invocation) -> Answer {
    let report = author::request_module(
        &call.catalog,
        &call.who,
        call.arguments.text("tool_id"),
        author::ModuleRequest {
            module_name: call.arguments.text("module_name"),
            package: call.arguments.maybe_text("package"),
            network: call.arguments.flag("network").unwrap_or(false),
            justification: call.arguments.text("justification"),
        },
    );
    answer(&report.await?)
}

async fn request_network_access(call: Invocation) -> Answer {
    let report = author::request_network_access(
        &call.catalog,
        &call.who,
        call.arguments.text("tool_id"),
        call.arguments.text("host"),
        call.arguments.text("justification"),
        call.arguments.integer("port"),
    );
    answer(&report.await?)
}

async fn get_tool_status(call: Invocation) -> Answer {
    answer(&author::get_tool_status(&call.catalog, &call.who, call.arguments.text("tool_id")).await?)
}

async fn list_pending_requests(call: Invocation) -> Answer {
    answer(&author::list_pending_requests(&call.catalog, &call.who).await?)
}
