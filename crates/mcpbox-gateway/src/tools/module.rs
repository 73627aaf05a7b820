//! Which modules tools may import.

use mcpbox_catalog::author;

use super::{Answer, Definition, Effect, Invocation};
use crate::result::answer;

pub(super) const TOOLS: &[Definition] = &[Definition {
    name: "mcpbox_get_server_modules",
    description: "Lists importable modules, granted ones, and those never granted.",
    arguments: &[],
    effect: Effect::Reads,
    is_core: false,
    run: |call| Box::pin(get_server_modules(call)),
}];

async fn get_server_modules(call: Invocation) -> Answer {
    answer(&author::get_server_modules(&call.catalog, &call.who).await?)
}
