//! Asking a human: publication, modules, hosts; and how the asking stands.

use mcpbox_catalog::author;

use super::{
    Answer, Argument, Definition, Effect, Invocation, Kind, TOOL_ID,
    paging::{self, CURSOR},
};
use crate::result::answer;

pub(super) const TOOLS: &[Definition] = &[
    Definition {
        name: "mcpbox_request_publish",
        description: "Asks a human to approve the newest version with every module, host and secret it needs. Show the user the review URL.",
        arguments: &[TOOL_ID, Argument::optional("notes", Kind::Text, "for the reviewer")],
        effect: Effect::Changes,
        is_core: true,
        run: |call| Box::pin(request_publish(call)),
    },
    Definition {
        name: "mcpbox_request_module",
        description: "Asks for a module or package. Rarely needed: mcpbox_request_publish asks for what the code imports. Use it for certain versions, or for a package named unlike its module.",
        arguments: &[
            TOOL_ID,
            Argument::required("module_name", Kind::Text, "as imported"),
            Argument::required("justification", Kind::Text, "for the reviewer"),
            Argument::optional("package", Kind::Text, "such as pandas>=2,<3"),
            Argument::optional("network", Kind::Flag, "it makes HTTP requests by itself"),
        ],
        effect: Effect::Adds,
        is_core: false,
        run: |call| Box::pin(request_module(call)),
    },
    Definition {
        name: "mcpbox_request_network_access",
        description: "Asks for a host. Needed only for hosts put together at run time: mcpbox_request_publish asks for those written in the code.",
        arguments: &[
            TOOL_ID,
            Argument::required("host", Kind::Text, "such as api.example.com"),
            Argument::required("justification", Kind::Text, "for the reviewer"),
            Argument::optional("port", Kind::Integer { minimum: 1, maximum: 65_535 }, "default 80 and 443"),
        ],
        effect: Effect::Adds,
        is_core: false,
        run: |call| Box::pin(request_network_access(call)),
    },
    Definition {
        name: "mcpbox_get_tool_status",
        description: "Tells where a tool stands: review, reasons, what is missing, what to do next.",
        arguments: &[TOOL_ID],
        effect: Effect::Reads,
        is_core: true,
        run: |call| Box::pin(get_tool_status(call)),
    },
    Definition {
        name: "mcpbox_list_pending_requests",
        description: "Lists what waits for a human, by server.",
        arguments: &[CURSOR],
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

/// Requests of one answer.
const LISTED: u64 = 50;

async fn list_pending_requests(call: Invocation) -> Answer {
    let part = paging::asked(&call.arguments, LISTED)?;
    let told = author::list_pending_requests(&call.catalog, &call.who, part).await?;
    paging::part("mcpbox_list_pending_requests", &call.arguments, &told, part, told.total)
}
