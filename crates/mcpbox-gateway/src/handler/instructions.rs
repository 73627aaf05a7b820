//! What an LLM is told about MCPbox when it connects. Short: it costs context in every conversation.

use mcpbox_core::principal::Principal;

use crate::toolset::Toolset;

const LOOP: &str = "MCPbox: make your own Python tools; a human approves each before it runs for real.
First look for one: mcpbox_search_tools, then mcpbox_call_tool; that works at once, even if your tool list is old.
To make one: (1) mcpbox_create_server, once per group. (2) mcpbox_create_tool: `async def main(...)` with type hints and docstring. \
(3) mcpbox_test_code; mend with mcpbox_update_tool. (4) mcpbox_request_publish asks for code, hosts, modules and secrets at once: \
show the user the URL and stop; mcpbox_get_tool_status tells the decision. (5) mcpbox_start_server once, then mcpbox_call_tool.
Every answer has `next`, the calls to make; `…` in one stands for what you write, `human` marks what only a human can do. Failures \
have kind, line, hint and next. You cannot approve anything and never see secret values.";

const PUBLISHED: &str = "These are tools that were written in Python, approved by a human, and run in a sandbox. A failing call \
says what to do: kind, message, hint.";

const COMPACT_MORE: &str = "\nPublished tools are not listed here: search for them.";

const AUTHOR_ONLY: &str = "MCPbox: make Python tools; a human approves each before it runs for real. You may write and test tools here, \
not call them: others do. (1) mcpbox_list_servers, mcpbox_create_server: tools are in named groups. (2) mcpbox_create_tool: \
`async def main(...)` with type hints and docstring. (3) mcpbox_test_code; mend with mcpbox_update_tool. (4) mcpbox_request_publish \
asks for code, hosts, modules and secrets at once: show the user the URL and stop; mcpbox_get_tool_status tells the decision. \
Failures have kind, line, hint and next. You cannot approve anything and never see secret values.";

/// The instructions of a toolset for `who`.
pub(super) fn of(toolset: &Toolset, who: &Principal) -> String {
    match toolset {
        _ if !who.may_author() => PUBLISHED.to_owned(),
        _ if !who.may_call_any() => AUTHOR_ONLY.to_owned(),
        Toolset::All => LOOP.to_owned(),
        Toolset::Author | Toolset::Compact => format!("{LOOP}{COMPACT_MORE}"),
        Toolset::Published | Toolset::Server(_) => PUBLISHED.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use mcpbox_core::principal::Scope;

    use super::*;

    #[test]
    fn instructions_are_short_and_name_only_tools_that_exist() {
        let local = Principal::Local { client: None };
        let scopes = vec![Scope::Author];
        let author = Principal::Remote { subject: "ada".into(), client: None, scopes };
        let all = [Toolset::All, Toolset::Author, Toolset::Compact, Toolset::Published];
        for (toolset, who) in all.iter().map(|toolset| (toolset, &local)).chain([(&Toolset::All, &author)]) {
            let text = of(toolset, who);
            assert!(text.len() < 1000, "{toolset:?}: {} bytes", text.len());
            for word in
                text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| word.starts_with("mcpbox_"))
            {
                assert!(crate::tools::find(word).is_some(), "{word} does not exist");
            }
        }
    }
}
