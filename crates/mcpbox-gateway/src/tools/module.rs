//! Which modules tools may import.

use mcpbox_catalog::author;

use super::{Answer, Definition, Effect, Invocation};
use crate::result::answer;

pub(super) const TOOLS: &[Definition] = &[Definition {
    name: "mcpbox_get_server_modules",
    title: "List importable modules",
    description: "Lists which Python modules tools may import by default, which were granted, which never will be, and the \
                  globals every tool has (http, json, secrets …). Look here before writing code with unusual imports.",
    arguments: &[],
    effect: Effect::Reads,
    is_core: false,
    run: |call| Box::pin(get_server_modules(call)),
}];

async fn get_server_modules(call: Invocation) -> Answer {
    answer(&author::get_server_modules(&call.catalog, &call.who).await?)
}
