//! The clients as they are: how each introduces itself, where it wants to be sent, how it renews. What they publish about themselves is
//! shipped, so no network is needed; what only registers is replayed.

use mcpbox_core::principal::Scope;
use reqwest::StatusCode;
use serde_json::json;

use super::{
    PUBLIC,
    login::{Login, text},
    remote_box,
};

/// How a client introduces itself.
enum By {
    /// By the address of its document.
    Document(&'static str),
    /// By registering with these redirect addresses.
    Registration(&'static [&'static str]),
}

struct Row {
    client: &'static str,
    by: By,
    /// Where this login wants to be sent.
    redirect: &'static str,
    /// What it asks for; clients that know none send none, some send what every OpenID provider has.
    scope: &'static str,
    /// What it names as the resource.
    resource: &'static str,
    /// What the page says about where the access goes.
    shown: &'static str,
}

const ENDPOINT: &str = "https://box.example.com/mcp";
const HERE: &str = "a program on the computer of this browser";

const ROWS: [Row; 10] = [
    Row {
        client: "claude.ai",
        by: By::Document("https://claude.ai/oauth/mcp-oauth-client-metadata"),
        redirect: "https://claude.ai/api/mcp/auth_callback",
        scope: "mcp:tools",
        resource: ENDPOINT,
        shown: "claude.ai",
    },
    Row {
        client: "claude.com, registered under its other address",
        by: By::Registration(&["https://claude.ai/api/mcp/auth_callback"]),
        redirect: "https://claude.com/api/mcp/auth_callback",
        scope: "mcp:tools offline_access",
        resource: "https://box.example.com/mcp/",
        shown: "claude.com",
    },
    Row {
        client: "Claude Code",
        by: By::Document("https://claude.ai/oauth/claude-code-client-metadata"),
        redirect: "http://localhost:54545/callback",
        scope: "mcp:tools mcp:author",
        resource: ENDPOINT,
        shown: HERE,
    },
    Row {
        client: "ChatGPT",
        by: By::Document("https://chatgpt.com/oauth/client.json"),
        redirect: "https://chatgpt.com/connector_platform_oauth_redirect",
        scope: "mcp:tools",
        resource: ENDPOINT,
        shown: "chatgpt.com",
    },
    Row {
        client: "Codex",
        by: By::Document("https://chatgpt.com/oauth/codex/client.json"),
        redirect: "http://127.0.0.1:1455/callback",
        scope: "",
        resource: ENDPOINT,
        shown: HERE,
    },
    Row {
        client: "VS Code",
        by: By::Document("https://vscode.dev/oauth/client-metadata.json"),
        redirect: "http://127.0.0.1:33418/",
        scope: "mcp:tools mcp:author",
        resource: ENDPOINT,
        shown: HERE,
    },
    Row {
        client: "VS Code in the browser",
        by: By::Registration(&["https://vscode.dev/redirect", "http://127.0.0.1/", "http://127.0.0.1:33418/"]),
        redirect: "https://vscode.dev/redirect",
        scope: "openid",
        resource: "https://box.example.com",
        shown: "vscode.dev",
    },
    Row {
        client: "Cursor",
        by: By::Registration(&[
            "cursor://anysphere.cursor-mcp/oauth/callback",
            "https://www.cursor.com/agents/mcp/oauth/callback",
            "http://localhost:8787/callback",
        ]),
        redirect: "http://localhost:8787/callback",
        scope: "mcp:tools",
        resource: "",
        shown: HERE,
    },
    Row {
        client: "Zed",
        by: By::Document("https://zed.dev/oauth/client-metadata.json"),
        redirect: "http://127.0.0.1:40123/callback",
        scope: "mcp:tools mcp:author",
        resource: ENDPOINT,
        shown: HERE,
    },
    Row {
        client: "goose",
        by: By::Document("https://goose-docs.ai/oauth/client-metadata.json"),
        redirect: "http://127.0.0.1:51234/oauth_callback",
        scope: "mcp:tools mcp:author",
        resource: ENDPOINT,
        shown: HERE,
    },
];

#[tokio::test]
async fn every_client_gets_in_and_stays_in() {
    let it = remote_box().await;
    for row in ROWS {
        let client_id = match row.by {
            By::Document(id) => id.to_owned(),
            By::Registration(uris) => {
                let metadata = json!({
                    "client_name": row.client,
                    "redirect_uris": uris,
                    "grant_types": ["authorization_code", "refresh_token"],
                    "response_types": ["code"],
                    "token_endpoint_auth_method": "client_secret_post",
                    "application_type": "native",
                });
                let probe = Login::of(&it, "", row.redirect);
                // Some register twice for one connection.
                assert_eq!(probe.register(&metadata).await.0, StatusCode::CREATED, "{}", row.client);
                let (status, answer) = probe.register(&metadata).await;
                assert_eq!(status, StatusCode::CREATED, "{}: {answer}", row.client);
                assert_eq!(answer["token_endpoint_auth_method"], "none");
                assert_eq!(answer["redirect_uris"], json!(uris));
                text(&answer, "client_id")
            }
        };
        let login = Login::of(&it, &client_id, row.redirect);
        let opened = login.open(&[("scope", row.scope), ("resource", row.resource)]).await;
        assert!(opened.page.contains(row.shown), "{}: {}", row.client, opened.page);
        let is_verified = !opened.page.contains("not verified");
        assert_eq!(is_verified, client_id.starts_with("https://"), "{}", row.client);
        login.approve(&[Scope::Tools]).await;
        let (to, pairs) = Login::sent_to(&login.look(&opened).await);
        assert_eq!(to, row.redirect, "{}", row.client);
        assert!(pairs.contains(&("iss".to_owned(), PUBLIC.to_owned())), "{}", row.client);
        let code = &pairs.iter().find(|(name, _)| name == "code").unwrap().1;
        let (status, answer) = login.exchange(code).await;
        assert_eq!(status, StatusCode::OK, "{}: {answer}", row.client);
        assert_eq!(answer["scope"], "mcp:tools");
        let (status, renewed) = login.refresh(&text(&answer, "refresh_token")).await;
        assert_eq!(status, StatusCode::OK, "{}: {renewed}", row.client);
        assert_ne!(renewed["refresh_token"], answer["refresh_token"]);
    }
}

#[tokio::test]
async fn the_scheme_of_an_app_is_kept_and_never_used() {
    let it = remote_box().await;
    let back = "cursor://anysphere.cursor-mcp/oauth/callback";
    let login = Login::registered(&it, "Cursor", back).await;
    let refused = login.get(&[]).await;
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    assert!(!refused.headers().contains_key("location"));
    assert!(refused.text().await.unwrap().contains("any program can claim"));
}
