//! Tools: list, show, make, change, delete.

use mcpbox_catalog::author::{self, CreateTool, ToolSummary, UpdateTool};
use serde_json::{Value, json};

use super::{
    Answer, Argument, Definition, Effect, Invocation, Kind, SERVER_ID, TOOL_ID,
    paging::{self, CURSOR},
};
use crate::result::answer;

/// Longest description in a list, characters.
const LISTED_DESCRIPTION_CHARS: usize = 120;
const NAME_RULE: &str = "such as get_weather";

pub(super) const TOOLS: &[Definition] = &[
    Definition {
        name: "mcpbox_list_tools",
        description: "Lists a server's tools with review state, drafts included.",
        arguments: &[SERVER_ID, CURSOR],
        effect: Effect::Reads,
        is_core: false,
        run: |call| Box::pin(list_tools(call)),
    },
    Definition {
        name: "mcpbox_get_tool",
        description: "Shows a tool with its code.",
        arguments: &[TOOL_ID],
        effect: Effect::Reads,
        is_core: true,
        run: |call| Box::pin(get_tool(call)),
    },
    Definition {
        name: "mcpbox_create_tool",
        description: "Drafts a tool; a human approves it before it runs for real. Write `async def main(city: str, days: int = 3) -> dict:`; type hints and docstring become schemas and description. Without import: http (httpx.AsyncClient: `(await http.get(url)).json()`), json, datetime, secrets[\"KEY\"], ctx (`await ctx.progress(done, total)`; `await ctx.elicit(\"Where?\", {\"room\": str})` asks the user; ask first). Raise on errors. Also `@prompt`/`@resource(\"n://{id}\")` defs. Next: mcpbox_test_code.",
        arguments: &[
            SERVER_ID,
            Argument::required("name", Kind::Text, NAME_RULE),
            Argument::required("python_code", Kind::Text, "source with `main`"),
            Argument::optional("description", Kind::Text, "default: the docstring"),
        ],
        effect: Effect::Adds,
        is_core: true,
        run: |call| Box::pin(create_tool(call)),
    },
    Definition {
        name: "mcpbox_update_tool",
        description: "Changes a tool. Code, name or description make a new draft for review; the live version serves meanwhile. `enabled` acts at once.",
        arguments: &[
            TOOL_ID,
            Argument::optional("name", Kind::Text, NAME_RULE),
            Argument::optional("description", Kind::Text, ""),
            Argument::optional("python_code", Kind::Text, "the whole source"),
            Argument::optional("enabled", Kind::Flag, ""),
        ],
        effect: Effect::Changes,
        is_core: true,
        run: |call| Box::pin(update_tool(call)),
    },
    Definition {
        name: "mcpbox_delete_tool",
        description: "Deletes a tool for good. Only when the user asked for exactly that; `enabled` false withdraws it.",
        arguments: &[TOOL_ID],
        effect: Effect::Removes,
        is_core: false,
        run: |call| Box::pin(delete_tool(call)),
    },
];

/// Tools of one answer.
const LISTED: u64 = 50;

async fn list_tools(call: Invocation) -> Answer {
    let (server, part) = (call.arguments.text("server_id"), paging::asked(&call.arguments, LISTED)?);
    let page = author::list_tools(&call.catalog, &call.who, server, part).await?;
    let tools: Vec<Value> = page.items.iter().map(compact).collect();
    let told = json!({ "total": page.total, "tools": tools });
    paging::part("mcpbox_list_tools", &call.arguments, &told, part, page.total)
}

/// A tool in a list: ids and long descriptions are in mcpbox_get_tool.
fn compact(tool: &ToolSummary) -> Value {
    let first_line = tool.description.lines().next().unwrap_or_default();
    json!({
        "name": tool.name,
        "description": first_line.chars().take(LISTED_DESCRIPTION_CHARS).collect::<String>(),
        "state": tool.state,
        "published": tool.published,
        "enabled": tool.enabled,
        "live_version": tool.live_version,
        "newest_version": tool.newest_version,
    })
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
