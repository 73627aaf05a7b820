//! Tools: list, show, make, change, delete.

use mcpbox_catalog::author::{self, CreateTool, ToolSummary, UpdateTool};
use mcpbox_core::paging::{PAGE_SIZE_MAX, Page, PageRequest};

use super::{Answer, Argument, Definition, Effect, Invocation, Kind, SERVER_ID, TOOL_ID};
use crate::result::answer;

const NAME_RULE: &str = "lower case a-z, 0-9 and _, starting with a letter, at most 31: get_weather";

pub(super) const TOOLS: &[Definition] = &[
    Definition {
        name: "mcpbox_list_tools",
        title: "List a server's tools",
        description: "Lists all tools of a server with review state and live version, drafts included. To find a tool that \
                      can be called now, use mcpbox_search_tools.",
        arguments: &[SERVER_ID],
        effect: Effect::Reads,
        is_core: false,
        run: |call| Box::pin(list_tools(call)),
    },
    Definition {
        name: "mcpbox_get_tool",
        title: "Show a tool",
        description: "Shows everything about a tool, with its Python code. Read it before changing a tool.",
        arguments: &[TOOL_ID],
        effect: Effect::Reads,
        is_core: true,
        run: |call| Box::pin(get_tool(call)),
    },
    Definition {
        name: "mcpbox_create_tool",
        title: "Create a tool",
        description: "Makes a new tool from Python code, as a draft that a human must approve before it can be called. \
                      Write `async def main(city: str, days: int = 3) -> dict:` with type hints and a docstring: they become \
                      the schemas and the description. Available without import: http (httpx.AsyncClient: \
                      `(await http.get(url)).json()`), json, datetime, secrets[\"KEY\"], ctx (await ctx.progress(done, total)). \
                      Raise an exception to report an error. The answer tells the derived schemas, findings, and what the \
                      code needs that is not granted yet. Next: mcpbox_test_code, then mcpbox_request_publish, which asks \
                      for everything needed at once.",
        arguments: &[
            SERVER_ID,
            Argument::required("name", Kind::Text, NAME_RULE),
            Argument::required("python_code", Kind::Text, "Python source with a `main` function, at most 100 KB"),
            Argument::optional(
                "description",
                Kind::Text,
                "what the tool does, for other LLMs; default: main's docstring",
            ),
        ],
        effect: Effect::Adds,
        is_core: true,
        run: |call| Box::pin(create_tool(call)),
    },
    Definition {
        name: "mcpbox_update_tool",
        title: "Change a tool",
        description: "Changes a tool. New code, name or description make a new draft version that goes through review; the \
                      live version keeps serving until then. `enabled` (published or not) takes effect at once. Next: \
                      mcpbox_test_code, then mcpbox_request_publish.",
        arguments: &[
            TOOL_ID,
            Argument::optional("name", Kind::Text, NAME_RULE),
            Argument::optional("description", Kind::Text, "what the tool does, for other LLMs"),
            Argument::optional("python_code", Kind::Text, "the whole new Python source"),
            Argument::optional("enabled", Kind::Flag, "false withdraws the tool, true publishes it again"),
        ],
        effect: Effect::Changes,
        is_core: true,
        run: |call| Box::pin(update_tool(call)),
    },
    Definition {
        name: "mcpbox_delete_tool",
        title: "Delete a tool",
        description: "Deletes a tool with all its versions, for good and at once. Only when the user asked for exactly that; \
                      mcpbox_update_tool with enabled=false withdraws it without losing it.",
        arguments: &[TOOL_ID],
        effect: Effect::Removes,
        is_core: false,
        run: |call| Box::pin(delete_tool(call)),
    },
];

async fn list_tools(call: Invocation) -> Answer {
    let server = call.arguments.text("server_id");
    let mut items: Vec<ToolSummary> = Vec::new();
    let mut number = 1;
    loop {
        let request = PageRequest::new(number, PAGE_SIZE_MAX);
        let page: Page<ToolSummary> = author::list_tools(&call.catalog, &call.who, server, request).await?;
        items.extend(page.items);
        if number >= page.pages {
            break;
        }
        number += 1;
    }
    answer(&serde_json::json!({ "total": items.len(), "tools": items }))
}

async fn get_tool(call: Invocation) -> Answer {
    answer(&author::get_tool(&call.catalog, &call.who, call.arguments.text("tool_id")).await?)
}

async fn create_tool(call: Invocation) -> Answer {
    let request = CreateTool {
        server: call.arguments.text("server_id").to_owned(),
        name: call.arguments.text("name").to_owned(),
        python_code: call.arguments.text("python_code").to_owned(),
        description: call.arguments.maybe_text("description").map(str::to_owned),
    };
    answer(&author::create_tool(&call.catalog, &call.who, request).await?)
}

async fn update_tool(call: Invocation) -> Answer {
    let request = UpdateTool {
        tool: call.arguments.text("tool_id").to_owned(),
        name: call.arguments.maybe_text("name").map(str::to_owned),
        description: call.arguments.maybe_text("description").map(str::to_owned),
        python_code: call.arguments.maybe_text("python_code").map(str::to_owned),
        enabled: call.arguments.flag("enabled"),
    };
    answer(&author::update_tool(&call.catalog, &call.who, request).await?)
}

async fn delete_tool(call: Invocation) -> Answer {
    answer(&author::delete_tool(&call.catalog, &call.who, call.arguments.text("tool_id")).await?)
}
