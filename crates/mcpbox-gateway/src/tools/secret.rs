//! Secrets: placeholders and what is known of them; never values.

use mcpbox_catalog::author::{self, SecretList};

use super::{
    Answer, Argument, Definition, Effect, Invocation, Kind, SERVER_ID,
    paging::{self, CURSOR},
};
use crate::result::answer;

pub(super) const TOOLS: &[Definition] = &[
    Definition {
        name: "mcpbox_create_server_secret",
        description: "Makes a placeholder for a secret that tools use as secrets[\"KEY\"]. A human sets the value; never put one into code or chat.",
        arguments: &[
            SERVER_ID,
            Argument::required("key", Kind::Text, "such as API_KEY"),
            Argument::optional("description", Kind::Text, "where a human gets it"),
            Argument::optional("hosts", Kind::TextList, "where it may go: api.example.com"),
        ],
        effect: Effect::Adds,
        is_core: false,
        run: |call| Box::pin(create_server_secret(call)),
    },
    Definition {
        name: "mcpbox_list_server_secrets",
        description: "Lists a server's secrets: keys, whether set, bound hosts. Never values.",
        arguments: &[SERVER_ID, CURSOR],
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

/// Secrets of one answer.
const LISTED: u64 = 50;

async fn list_server_secrets(call: Invocation) -> Answer {
    let part = paging::asked(&call.arguments, LISTED)?;
    let told = author::list_server_secrets(&call.catalog, &call.who, call.arguments.text("server_id")).await?;
    let page = part.of(told.secrets.into_iter());
    let told = SecretList { secrets: page.items, ..told };
    paging::part("mcpbox_list_server_secrets", &call.arguments, &told, part, page.total)
}
