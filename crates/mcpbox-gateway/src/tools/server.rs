//! Servers: list, show, make, delete, start, stop.

use mcpbox_catalog::author::{self, CreateServer};
use mcpbox_core::paging::PageRequest;

use super::{Answer, Argument, Definition, Effect, Invocation, Kind, SERVER_ID, paging};
use crate::result::answer;

/// Name of the tool that makes servers.
pub(super) const CREATE_SERVER: &str = "mcpbox_create_server";

pub(super) const TOOLS: &[Definition] = &[
    Definition {
        name: "mcpbox_list_servers",
        description: "Lists servers (named groups of tools). Related tools belong on one.",
        arguments: &[
            Argument::optional("page", Kind::Integer { minimum: 1, maximum: 1_000_000 }, "").or_integer(1),
            Argument::optional("page_size", Kind::Integer { minimum: 1, maximum: 100 }, "").or_integer(50),
        ],
        effect: Effect::Reads,
        is_core: true,
        run: |call| Box::pin(list_servers(call)),
    },
    Definition {
        name: "mcpbox_get_server",
        description: "Shows a server: limits, published tools, grants, secrets (never values).",
        arguments: &[SERVER_ID],
        effect: Effect::Reads,
        is_core: false,
        run: |call| Box::pin(get_server(call)),
    },
    Definition {
        name: CREATE_SERVER,
        description: "Makes a server: a named group of tools that share limits and secrets. Next: mcpbox_create_tool.",
        arguments: &[
            Argument::required("name", Kind::Text, "such as weather_api"),
            Argument::optional("description", Kind::Text, ""),
        ],
        effect: Effect::Adds,
        is_core: true,
        run: |call| Box::pin(create_server(call)),
    },
    Definition {
        name: "mcpbox_delete_server",
        description: "Deletes a server with all its tools, for good. Only when the user asked for exactly that; mcpbox_stop_server withdraws without loss.",
        arguments: &[SERVER_ID],
        effect: Effect::Removes,
        is_core: false,
        run: |call| Box::pin(delete_server(call)),
    },
    Definition {
        name: "mcpbox_start_server",
        description: "Publishes the approved tools of a server; later ones follow once approved.",
        arguments: &[SERVER_ID],
        effect: Effect::Changes,
        is_core: true,
        run: |call| Box::pin(start_server(call)),
    },
    Definition {
        name: "mcpbox_stop_server",
        description: "Withdraws a server's tools until mcpbox_start_server.",
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
    paging::page("mcpbox_list_servers", &call.arguments, &author::list_servers(&call.catalog, &call.who, page).await?)
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
