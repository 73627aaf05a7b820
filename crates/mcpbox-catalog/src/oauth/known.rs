//! Documents of well-known clients, as they were published: some hosts answer servers with a puzzle instead of the document. A redirect
//! address that is not here is looked up in the document itself.

/// The document at this address, if it is shipped: name and redirect addresses.
pub(super) fn document(client_id: &str) -> Option<(&'static str, &'static [&'static str])> {
    KNOWN.iter().find(|(id, ..)| *id == client_id).map(|(_, name, redirect_uris)| (*name, *redirect_uris))
}

type Known = (&'static str, &'static str, &'static [&'static str]);

const KNOWN: [Known; 8] = [
    (
        "https://claude.ai/oauth/mcp-oauth-client-metadata",
        "Claude",
        &["https://claude.ai/api/mcp/auth_callback", "https://claude.com/api/mcp/auth_callback"],
    ),
    (
        "https://claude.ai/oauth/claude-code-client-metadata",
        "Claude Code",
        &["http://localhost/callback", "http://127.0.0.1/callback"],
    ),
    ("https://chatgpt.com/oauth/client.json", "ChatGPT", &["https://chatgpt.com/connector_platform_oauth_redirect"]),
    (
        "https://chatgpt.com/oauth/codex/client.json",
        "Codex",
        &["http://127.0.0.1/callback", "http://localhost/callback"],
    ),
    (
        "https://vscode.dev/oauth/client-metadata.json",
        "Visual Studio Code",
        &["http://127.0.0.1:33418/", "https://vscode.dev/redirect"],
    ),
    (
        "https://insiders.vscode.dev/oauth/client-metadata.json",
        "Visual Studio Code - Insiders",
        &["http://127.0.0.1:33418/", "https://insiders.vscode.dev/redirect"],
    ),
    ("https://zed.dev/oauth/client-metadata.json", "Zed", &["http://127.0.0.1/callback"]),
    (
        "https://goose-docs.ai/oauth/client-metadata.json",
        "goose",
        &["http://127.0.0.1/oauth_callback", "http://localhost/oauth_callback"],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::{document::is_document, redirect};

    #[test]
    fn every_shipped_document_could_have_been_fetched() {
        for (id, name, redirect_uris) in KNOWN {
            assert!(is_document(id) && !name.is_empty() && !redirect_uris.is_empty(), "{id}");
            assert!(redirect_uris.iter().all(|uri| redirect::may_use(uri)), "{id}");
        }
    }
}
