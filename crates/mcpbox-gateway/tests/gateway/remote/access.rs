//! What a remote client may do and see follows from its scopes, whichever way it asks. Personal tokens stand for all sorts.

use std::collections::BTreeSet;

use mcpbox_catalog::access::pat::{self, NewToken};
use mcpbox_core::{ids::TokenId, settings::Settings};
use mcpbox_gateway::{GatewayConfig, RateLimits};
use reqwest::StatusCode;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::remote_box;
use crate::support::{
    TestBox,
    client::{LEGACY, Listening, Raw, answer, http_with},
    double::{ADD, HANG, SCRIPT},
    soon,
};

/// A token with these scopes, and its id.
async fn token(it: &TestBox, name: &str, scopes: &[&str]) -> (String, TokenId) {
    let scopes = scopes.iter().map(|scope| scope.parse().unwrap()).collect();
    let new = NewToken { name: name.into(), scopes, expires_at: None };
    let made = pat::create(&it.catalog, &it.reviewer, new).await.unwrap();
    (made.secret.expose_secret().to_owned(), made.token.id)
}

fn client(it: &TestBox, token: &str) -> Raw {
    Raw { http: http_with(token), ..Raw::modern(&it.url) }
}

/// A client at the listener of this machine, of the same box.
async fn local(it: &TestBox) -> Raw {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    let config = GatewayConfig { rate_limits: RateLimits::off(), ..GatewayConfig::default() };
    let (catalog, shutdown) = (it.catalog.clone(), it.shutdown.clone());
    tokio::spawn(async move { mcpbox_gateway::serve(listener, catalog, config, shutdown).await.unwrap() });
    Raw::modern(&url)
}

/// The sorts of remote clients, with their scopes.
const SORTS: [(&str, &[&str]); 6] = [
    ("both", &["mcp:tools", "mcp:author"]),
    ("tools", &["mcp:tools"]),
    ("author", &["mcp:author"]),
    ("server", &["server:open", "server:spare"]),
    ("server_author", &["mcp:author", "server:open", "server:spare"]),
    ("other", &["server:elsewhere"]),
];

/// Every management tool with arguments that are fine, and who may use it.
fn calls(of: &str) -> Vec<(&'static str, Value, &'static [&'static str])> {
    const CALLERS: &[&str] = &["local", "both", "tools", "server", "server_author"];
    const AUTHORS: &[&str] = &["local", "both", "author", "server_author"];
    const SCRIPTS: &[&str] = &["local", "both", "server_author"];
    const MAKERS: &[&str] = &["local", "both", "author"];
    const LOCAL: &[&str] = &["local"];
    let tool = json!({"tool_id": format!("open__draft_{of}")});
    let with = |more: Value| {
        let mut arguments = tool.clone();
        arguments.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        arguments
    };
    let (open, spare) = (json!({"server_id": "open"}), json!({"server_id": "spare"}));
    let numbers = json!({"a": 4, "b": 5});
    let script = json!({"code": SCRIPT, "arguments": {"tool": "open__add", "arguments": numbers}});
    let own = json!({"server_id": "open", "name": format!("own_{of}"), "python_code": ADD});
    let secret = json!({"server_id": "open", "key": format!("{}_KEY", of.to_uppercase())});
    let source = json!({"server_id": "open", "name": format!("source_{of}"), "url": "https://mcp.example.com/mcp"});
    let sources = open.clone();
    vec![
        ("mcpbox_search_tools", json!({"query": "adds"}), CALLERS),
        ("mcpbox_call_tool", json!({"name": "open__add", "arguments": numbers}), CALLERS),
        ("mcpbox_run_code", script, SCRIPTS),
        ("mcpbox_list_servers", json!({}), AUTHORS),
        ("mcpbox_get_server", open.clone(), AUTHORS),
        ("mcpbox_create_server", json!({"name": format!("made_{of}")}), MAKERS),
        ("mcpbox_start_server", spare.clone(), AUTHORS),
        ("mcpbox_stop_server", spare, AUTHORS),
        ("mcpbox_list_tools", open.clone(), AUTHORS),
        ("mcpbox_create_tool", own, AUTHORS),
        ("mcpbox_get_tool", tool.clone(), AUTHORS),
        ("mcpbox_update_tool", with(json!({"description": "Adds better."})), AUTHORS),
        ("mcpbox_rollback_tool", with(json!({"version": 1})), AUTHORS),
        ("mcpbox_list_tool_versions", tool.clone(), AUTHORS),
        ("mcpbox_validate_code", json!({"code": ADD}), AUTHORS),
        ("mcpbox_test_code", with(json!({"arguments": numbers})), AUTHORS),
        ("mcpbox_get_tool_logs", tool.clone(), AUTHORS),
        ("mcpbox_get_tool_status", tool.clone(), AUTHORS),
        ("mcpbox_create_server_secret", secret, AUTHORS),
        ("mcpbox_list_server_secrets", open, AUTHORS),
        ("mcpbox_request_publish", tool.clone(), AUTHORS),
        ("mcpbox_request_module", with(json!({"module_name": "sqlite3", "justification": "to keep sums"})), AUTHORS),
        ("mcpbox_request_network_access", with(json!({"host": "api.example.com", "justification": "sums"})), AUTHORS),
        ("mcpbox_list_pending_requests", json!({}), AUTHORS),
        ("mcpbox_get_server_modules", json!({}), AUTHORS),
        ("mcpbox_add_external_source", source, AUTHORS),
        ("mcpbox_list_external_sources", sources, AUTHORS),
        ("mcpbox_discover_external_tools", json!({"source_id": "open/none"}), AUTHORS),
        ("mcpbox_import_external_tools", json!({"source_id": "open/none", "tool_names": ["a"]}), AUTHORS),
        ("mcpbox_delete_tool", tool, LOCAL),
        ("mcpbox_delete_server", json!({"server_id": format!("doomed_{of}")}), LOCAL),
    ]
}

/// What came of a call: `done`, or the kind of the refusal.
async fn outcome(client: &Raw, name: &str, arguments: Value) -> String {
    let response = client.send("tools/call", json!({"name": name, "arguments": arguments})).await;
    if response.status() == StatusCode::FORBIDDEN {
        let challenge = response.headers()["www-authenticate"].to_str().unwrap().to_owned();
        assert!(challenge.contains("insufficient_scope"), "{challenge}");
        return "forbidden".into();
    }
    let told = answer(response).await;
    let result = &told["result"];
    match result["isError"] == true {
        // There is no such source: only who may use it is told so.
        true if name.contains("_external_") && result["structuredContent"]["kind"] == "not_found" => "done".into(),
        true => result["structuredContent"]["kind"].as_str().unwrap_or_else(|| panic!("{told}")).to_owned(),
        // Who may call nothing finds nothing.
        false if name == "mcpbox_search_tools" && result["structuredContent"]["searched"] == 0 => "forbidden".into(),
        false => told.get("result").map_or_else(|| format!("{told}"), |_| "done".into()),
    }
}

async fn world() -> (TestBox, Raw) {
    let it = remote_box().await;
    it.publish("open", "add", ADD).await;
    it.publish("elsewhere", "hidden", ADD).await;
    let local = local(&it).await;
    local.manage("mcpbox_create_server", json!({"name": "spare"})).await;
    for of in SORTS.iter().map(|(of, _)| *of).chain(["local"]) {
        local.manage("mcpbox_create_server", json!({"name": format!("doomed_{of}")})).await;
        let draft = json!({"server_id": "open", "name": format!("draft_{of}"), "python_code": ADD});
        local.manage("mcpbox_create_tool", draft).await;
    }
    (it, local)
}

async fn management(client: &Raw) -> BTreeSet<String> {
    client.listed().await.into_iter().filter(|name| name.starts_with("mcpbox_")).collect()
}

async fn published(client: &Raw) -> Vec<String> {
    client.listed().await.into_iter().filter(|name| !name.starts_with("mcpbox_")).collect()
}

#[tokio::test]
async fn every_management_tool_does_for_each_sort_of_client_what_its_scopes_allow() {
    let (it, local) = world().await;
    let told_here: BTreeSet<String> = calls("x").into_iter().map(|(name, ..)| name.to_owned()).collect();
    assert_eq!(management(&local).await, told_here, "a new management tool: say above who may use it");
    for (of, scopes) in SORTS {
        let (token, _) = token(&it, of, scopes).await;
        let client = client(&it, &token);
        let seen = management(&client).await;
        for (name, arguments, allowed) in calls(of) {
            // `other` may call tools, of a server that none of these calls is about.
            let wanted = match (of, name) {
                ("other", "mcpbox_search_tools") => "done",
                ("other", "mcpbox_call_tool") => "not_found",
                _ if allowed.contains(&of) => "done",
                _ => "forbidden",
            };
            assert_eq!(outcome(&client, name, arguments).await, wanted, "{name} by {of}");
            assert_eq!(seen.contains(name), wanted != "forbidden", "whether {of} sees {name}");
        }
    }
    for (name, arguments, _) in calls("local") {
        assert_eq!(outcome(&local, name, arguments).await, "done", "{name}");
    }
}

#[tokio::test]
async fn each_path_lists_what_the_client_may_use_and_hides_that_there_is_more() {
    let (it, _) = world().await;
    let cases: [(&str, &[&str]); 6] = [
        ("both", &["elsewhere__hidden", "open__add"]),
        ("tools", &["elsewhere__hidden", "open__add"]),
        ("author", &[]),
        ("server", &["open__add"]),
        ("server_author", &["open__add"]),
        ("other", &["elsewhere__hidden"]),
    ];
    for (of, wanted) in cases {
        let scopes = SORTS.iter().find(|(name, _)| *name == of).unwrap().1;
        let (token, _) = token(&it, of, scopes).await;
        let at = |path: &str| Raw { url: format!("{}{path}", it.url), ..client(&it, &token) };
        assert_eq!(published(&at("")).await, wanted, "{of}");
        assert_eq!(at("/tools").listed().await, wanted, "{of}");
        assert!(published(&at("/compact")).await.is_empty(), "{of}");
        for (server, tool) in [("open", "open__add"), ("elsewhere", "elsewhere__hidden")] {
            let there = at(&format!("/servers/{server}"));
            if wanted.contains(&tool) {
                assert_eq!(there.listed().await, [tool], "{of}");
                continue;
            }
            // To the letter as for one that does not exist.
            let refused = there.send("tools/list", json!({})).await;
            let unknown = at("/servers/nowhere").send("tools/list", json!({})).await;
            assert_eq!(refused.status(), unknown.status(), "{of}");
            assert!(refused.status().is_client_error(), "{of}: {refused:?}");
            let told = refused.text().await.unwrap().replace(server, "nowhere");
            assert_eq!(told, unknown.text().await.unwrap());
            let called = at("").ask("tools/call", json!({"name": tool, "arguments": {}})).await;
            let unknown = at("").ask("tools/call", json!({"name": "nowhere__tool", "arguments": {}})).await;
            assert_eq!(called.to_string().replace(tool, "nowhere__tool"), unknown.to_string(), "{of}");
        }
    }
}

#[tokio::test]
async fn a_script_calls_as_the_client_that_sent_it() {
    let (it, _) = world().await;
    let (token, _) = token(&it, "server_author", &["mcp:author", "server:open"]).await;
    let client = client(&it, &token);
    let script = |tool: &str| json!({"code": SCRIPT, "arguments": {"tool": tool, "arguments": {"a": 1, "b": 2}}});
    assert_eq!(client.manage("mcpbox_run_code", script("open__add")).await, json!({"result": [3]}));
    let hidden = client.manage("mcpbox_run_code", script("elsewhere__hidden")).await.to_string();
    let unknown = client.manage("mcpbox_run_code", script("nowhere__nothing")).await.to_string();
    assert!(hidden.contains("not_found"), "{hidden}");
    assert_eq!(hidden.replace("elsewhere__hidden", "nowhere__nothing"), unknown);
}

#[tokio::test]
async fn deleting_from_elsewhere_takes_the_setting() {
    let (it, _) = world().await;
    let (token, _) = token(&it, "both", &["mcp:tools", "mcp:author"]).await;
    let client = client(&it, &token);
    it.change_settings(Settings { remote_delete: true, ..Settings::default() }).await;
    assert!(management(&client).await.contains("mcpbox_delete_server"));
    client.manage("mcpbox_delete_server", json!({"server_id": "doomed_both"})).await;
}

#[tokio::test]
async fn a_session_is_unknown_to_every_other_token() {
    let it = remote_box().await;
    let (alices, _) = token(&it, "alice", &["mcp:tools"]).await;
    let (bobs, _) = token(&it, "bob", &["mcp:tools"]).await;
    let alice = client(&it, &alices).initialized().await;
    let bob = |session: &str| Raw { session: Some(session.to_owned()), ..client(&it, &bobs) };
    let list = async |client: &Raw| {
        let response = client.send("tools/list", json!({})).await;
        (response.status(), response.text().await.unwrap())
    };
    let session = alice.session.clone().unwrap();
    assert_eq!(list(&alice).await.0, StatusCode::OK);
    let stolen = list(&bob(&session)).await;
    let unknown = list(&bob("00000000-0000-0000-0000-000000000000")).await;
    assert_eq!(stolen.0, StatusCode::NOT_FOUND, "{}", stolen.1);
    assert_eq!(stolen, unknown);
    // Nor can it be ended.
    let end = bob(&session);
    let end = end.http.delete(&end.url).header("mcp-session-id", &session).header("mcp-protocol-version", LEGACY);
    end.send().await.unwrap();
    assert_eq!(list(&alice).await.0, StatusCode::OK);
}

/// Waits for the end of a stream. That the tools changed may still be on its way.
async fn over(stream: &mut Listening) {
    while let Some(message) = stream.next().await {
        assert_eq!(message["method"], "notifications/tools/list_changed");
    }
}

#[tokio::test]
async fn what_a_revoked_token_has_open_ends_and_its_next_request_is_refused() {
    let it = remote_box().await;
    it.publish("slow", "hang", HANG).await;
    let (secret, id) = token(&it, "laptop", &["mcp:tools"]).await;
    let (kept, _) = token(&it, "phone", &["mcp:tools"]).await;
    let subscribe = async |token: &str| {
        let asked = json!({"notifications": {"toolsListChanged": true}});
        let mut stream = Listening::to(client(&it, token).send("subscriptions/listen", asked).await);
        stream.next().await.unwrap();
        stream
    };
    let (mut subscription, mut others) = (subscribe(&secret).await, subscribe(&kept).await);
    let legacy = client(&it, &secret).initialized().await;
    let get = legacy.http.get(&legacy.url).header("accept", "text/event-stream");
    let get = get.header("mcp-session-id", legacy.session.as_deref().unwrap()).header("mcp-protocol-version", LEGACY);
    let mut stream = Listening::to(soon(get.send()).await.unwrap());
    let calling = tokio::spawn({
        let client = client(&it, &secret);
        async move { client.send("tools/call", json!({"name": "slow__hang", "arguments": {}})).await.status() }
    });
    it.double.until(&it.double.started, 1).await;

    pat::revoke(&it.catalog, &it.reviewer, id).await.unwrap();
    over(&mut subscription).await;
    over(&mut stream).await;
    assert_eq!(soon(calling).await.unwrap(), StatusCode::UNAUTHORIZED, "the call ends");
    it.double.until(&it.double.dropped, 1).await;
    for client in [client(&it, &secret), legacy] {
        assert_eq!(client.send("tools/list", json!({})).await.status(), StatusCode::UNAUTHORIZED);
    }
    // Another token of the same human goes on.
    it.publish("open", "sum", ADD).await;
    assert_eq!(others.next().await.unwrap()["method"], "notifications/tools/list_changed");
}
