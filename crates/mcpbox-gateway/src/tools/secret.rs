//! Secrets: placeholders and what is known of them; never values.

use mcpbox_catalog::author;

use super::{Answer, Argument, Definition, Effect, Invocation, Kind, SERVER_ID};
use crate::result::answer;

pub(super) const TOOLS: &[Definition] = &[
    Definition {
        name: "mcpbox_create_server_secret",
        title: "Create a secret placeholder",
        description: "Makes a placeholder for a secret (API key, password) that a server's tools use as secrets[\"KEY\"]. You \
                      never see or send the value: a human sets it in the admin UI. Never put a secret into code.",
        arguments: &[
            SERVER_ID,
            Argument::required("key", Kind::Text, "UPPER_SNAKE_CASE: OPENWEATHER_API_KEY"),
            Argument::optional("description", Kind::Text, "what it is and where a human gets it"),
            Argument::optional("hosts", Kind::TextList, "hosts it may be sent to: [\"api.example.com\"]"),
        ],
        effect: Effect::Adds,
        is_core: false,
        run: |call| Box::pin(create_server_secret(call)),
    },
    Definition {
        name: "mcpbox_list_server_secrets",
        title: "List a server's secrets",
        description: "Lists the secrets of a server: keys, whether a human has set the value, bound hosts. Never values.",
        arguments: &[SERVER_ID],
        effect: Effect::Reads,
        is_core: false,
        run: |call| Box::pin(list_server_secrets(call)),
    },
];

async fn create_server_secret(call: Invocation) -> Answer {
    let hosts: Vec<String> = call.arguments.parsed("hosts").unwrap_or_default();
    let report = author::create_server_secret(
        &call.catalog,
        &call.who,
        call.arguments.text("server_id"),
        call.arguments.text("key"),
        call.arguments.text("description"),
        &hosts,
    );
    answer(&report.await?)
}

async fn list_server_secrets(call: Invocation) -> Answer {
    answer(&author::list_server_secrets(&call.catalog, &call.who, call.arguments.text("server_id")).await?)
}
