//! What an LLM is told about MCPbox when it connects. Short: it costs context in every conversation.

use crate::toolset::Toolset;

const LOOP: &str = "MCPbox lets you make your own tools in Python; a human approves each before it runs for real.
Before writing a tool, look for one: mcpbox_search_tools. Call what you find with mcpbox_call_tool; that works at once, even \
when your own tool list is older than the tool.
To make a tool: (1) mcpbox_create_server for a new group of tools, or pick one with mcpbox_list_servers. (2) mcpbox_create_tool \
with `async def main(...)`, type hints and a docstring; the answer says what the code needs. (3) mcpbox_test_code; mend with \
mcpbox_update_tool until it works. (4) mcpbox_request_publish asks for approval of the code and of all hosts, modules and \
secrets at once: show the user the review URL, and stop until they say it is decided. mcpbox_get_tool_status tells what came of \
it. (5) mcpbox_start_server once per server, then mcpbox_call_tool.
Changing a live tool makes a new version; the old one serves until the new one is approved. You cannot approve anything, and \
you never see secret values: mcpbox_create_server_secret makes a placeholder that a human fills.
Every answer has `next`: what to do now. Every failure has kind, message, hint and often the very call that helps.";

const PUBLISHED: &str = "These are tools that were written in Python, approved by a human, and run in a sandbox. A failing call \
says what to do: kind, message, hint.";

const COMPACT_MORE: &str =
    "\nPublished tools are not listed here: find them with mcpbox_search_tools, call them with mcpbox_call_tool.";

/// The instructions of a toolset.
pub(super) fn of(toolset: &Toolset) -> String {
    match toolset {
        Toolset::All => LOOP.to_owned(),
        Toolset::Author | Toolset::Compact => format!("{LOOP}{COMPACT_MORE}"),
        Toolset::Published | Toolset::Server(_) => PUBLISHED.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_are_short_and_name_only_tools_that_exist() {
        for toolset in [Toolset::All, Toolset::Author, Toolset::Compact, Toolset::Published] {
            let text = of(&toolset);
            assert!(text.len() <= 1536, "{toolset:?}: {} bytes", text.len());
            for word in
                text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| word.starts_with("mcpbox_"))
            {
                assert!(crate::tools::find(word).is_some(), "{word} does not exist");
            }
        }
    }
}
