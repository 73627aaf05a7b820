//! Versions: history and rollback.

use mcpbox_catalog::author;
use mcpbox_core::failure::{Failure, FailureKind};

use super::{
    Answer, Argument, Definition, Effect, Invocation, Kind, TOOL_ID,
    paging::{self, CURSOR},
};
use crate::result::answer;

pub(super) const TOOLS: &[Definition] = &[
    Definition {
        name: "mcpbox_list_tool_versions",
        description: "Lists a tool's versions: state, which is live, who decided and why.",
        arguments: &[TOOL_ID, CURSOR],
        effect: Effect::Reads,
        is_core: false,
        run: |call| Box::pin(list_tool_versions(call)),
    },
    Definition {
        name: "mcpbox_rollback_tool",
        description: "Makes a new draft with an older version's content; it is reviewed like any other.",
        arguments: &[
            TOOL_ID,
            Argument::required("version", Kind::Integer { minimum: 1, maximum: u32::MAX as i64 }, ""),
        ],
        effect: Effect::Adds,
        is_core: false,
        run: |call| Box::pin(rollback_tool(call)),
    },
];

/// Versions of one answer.
const LISTED: u64 = 20;

async fn list_tool_versions(call: Invocation) -> Answer {
    let part = paging::asked(&call.arguments, LISTED)?;
    let told = author::list_tool_versions(&call.catalog, &call.who, call.arguments.text("tool_id"), part).await?;
    paging::part("mcpbox_list_tool_versions", &call.arguments, &told, part, told.total)
}

async fn rollback_tool(call: Invocation) -> Answer {
    let number = call.arguments.integer("version").ok_or_else(|| {
        Failure::new(FailureKind::InvalidArguments, "mcpbox_rollback_tool: 'version' is no version number")
            .argument("version")
            .hint("mcpbox_list_tool_versions shows them")
    })?;
    answer(&author::rollback_tool(&call.catalog, &call.who, call.arguments.text("tool_id"), number).await?)
}
