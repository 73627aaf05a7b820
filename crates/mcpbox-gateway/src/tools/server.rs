//! Servers: list, show, make, delete, start, stop.

use mcpbox_catalog::author::{self, CreateServer};
use mcpbox_core::paging::PageRequest;

use super::{Answer, Argument, Definition, Effect, Invocation, Kind, SERVER_ID};
use crate::result::answer;

pub(super) const TOOLS: &[Definition] = &[
    Definition {
        name: "mcpbox_list_servers",
        title: "List servers",
        description: "Lists the servers (named groups of tools) with status and tool counts. Look here before making a \
                      new server: related tools belong on one. Next: mcpbox_list_tools or mcpbox_create_server.",
        arguments: &[
            Argument::optional("page", Kind::Integer { minimum: 1, maximum: 1_000_000 }, "which page, from 1")
                .or_integer(1),
            Argument::optional("page_size", Kind::Integer { minimum: 1, maximum: 100 }, "servers a page, at most 100")
                .or_integer(50),
        ],
        effect: Effect::Reads,
        is_core: true,
        run: |call| Box::pin(list_servers(call)),
    },
    Definition {
        name: "mcpbox_get_server",
        title: "Show a server",
        description: "Shows one server: status, limits, code policy, published tools, grants and secrets (never values).",
        arguments: &[SERVER_ID],
        effect: Effect::Reads,
        is_core: false,
        run: |call| Box::pin(get_server(call)),
    },
    Definition {
        name: "mcpbox_create_server",
        title: "Create a server",
        description: "Makes a server, a named group for related tools that share limits and secrets. It starts stopped. \
                      Next: mcpbox_create_tool on it.",
        arguments: &[
            Argument::required(
                "name",
                Kind::Text,
                "lower case a-z, 0-9 and _, starting with a letter, at most 31: weather_api",
            ),
            Argument::optional("description", Kind::Text, "what its tools are for, in a sentence"),
        ],
        effect: Effect::Adds,
        is_core: true,
        run: |call| Box::pin(create_server(call)),
    },
    Definition {
        name: "mcpbox_delete_server",
        title: "Delete a server",
        description: "Deletes a server with all its tools, for good and at once. Only when the user asked for exactly \
                      that; mcpbox_stop_server withdraws its tools without losing them.",
        arguments: &[SERVER_ID],
        effect: Effect::Removes,
        is_core: false,
        run: |call| Box::pin(delete_server(call)),
    },
    Definition {
        name: "mcpbox_start_server",
        title: "Start a server",
        description: "Publishes the approved, enabled tools of a server: from then on they are listed and callable. Tools \
                      approved later on a running server are published at once.",
        arguments: &[SERVER_ID],
        effect: Effect::Changes,
        is_core: true,
        run: |call| Box::pin(start_server(call)),
    },
    Definition {
        name: "mcpbox_stop_server",
        title: "Stop a server",
        description: "Withdraws all tools of a server until mcpbox_start_server. Nothing is lost.",
        arguments: &[SERVER_ID],
        effect: Effect::Changes,
        is_core: false,
        run: |call| Box::pin(stop_server(call)),
    },
];

async fn list_servers(call: Invocation) -> Answer {
    let page = PageRequest::new(
        call.arguments.integer("page").unwrap_or(1),
        call.arguments.integer("page_size").unwrap_or(50),
    );
    answer(&author::list_servers(&call.catalog, &call.who, page).await?)
}

async fn get_server(call: Invocation) -> Answer {
    answer(&author::get_server(&call.catalog, &call.who, call.arguments.text("server_id")).await?)
}

async fn create_server(call: Invocation) -> Answer {
    let request = CreateServer {
        name: call.arguments.text("name").to_owned(),
        description: call.arguments.text("description").to_owned(),
    };
    answer(&author::create_server(&call.catalog, &call.who, request).await?)
}

async fn delete_server(call: Invocation) -> Answer {
    answer(&author::delete_server(&call.catalog, &call.who, call.arguments.text("server_id")).await?)
}

async fn start_server(call: Invocation) -> Answer {
    answer(&author::start_server(&call.catalog, &call.who, call.arguments.text("server_id")).await?)
}

async fn stop_server(call: Invocation) -> Answer {
    answer(&author::stop_server(&call.catalog, &call.who, call.arguments.text("server_id")).await?)
}
