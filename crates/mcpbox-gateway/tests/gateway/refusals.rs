//! Every failure that an author can meet says which sort it is, how to mend it, and which call to make now; and that
//! call is one that can be made.

use std::collections::{BTreeMap, BTreeSet};

use mcpbox_core::settings::{DraftTesting, Settings};
use serde_json::{Map, Value, json};

use crate::support::{
    TestBox,
    client::Raw,
    double::{ADD, RAISE, SCRIPT},
};

/// Stands for what the author writes.
const YOURS: &str = "…";
/// Fetches from two hosts, one of which it was not granted.
const FETCH: &str =
    "async def main() -> str:\n    \"\"\"Gets.\"\"\"\n    return (await http.get(\"https://api.example.com/\")).text\n";

/// A client that knows nothing but the tools' schemas.
struct Author {
    client: Raw,
    schemas: BTreeMap<String, Value>,
    refused: BTreeSet<String>,
}

impl Author {
    async fn of(it: &TestBox) -> Self {
        let client = Raw::modern(&it.url);
        let listed = client.ask("tools/list", json!({})).await;
        let tools = listed["result"]["tools"].as_array().unwrap().iter();
        let schemas = tools.map(|tool| (tool["name"].as_str().unwrap().to_owned(), tool["inputSchema"].clone()));
        Self { client, schemas: schemas.collect(), refused: BTreeSet::new() }
    }

    /// A call that must fail, in a way that leads on. Gives the failure.
    async fn refused(&mut self, tool: &str, arguments: Value) -> Value {
        let result = self.client.call(tool, arguments.clone()).await;
        let what = format!("{tool} {}", arguments.to_string().chars().take(300).collect::<String>());
        assert_eq!(result["isError"], true, "{what}: {result}");
        self.refused.insert(tool.to_owned());
        let failure = result["structuredContent"].clone();
        for word in ["kind", "message", "hint"] {
            assert!(failure[word].as_str().is_some_and(|text| !text.is_empty()), "{what} has no {word}: {failure}");
        }
        assert!(result["content"][0]["text"].as_str().unwrap().contains("Next: call "), "{what}: {result}");
        self.follow(&what, &failure).await;
        failure
    }

    /// The call that a failure names exists, its arguments fit, and, when nothing is left open in it, it does not end
    /// in the same failure.
    async fn follow(&self, what: &str, failure: &Value) {
        let tool = failure["next"]["tool"].as_str().unwrap_or_else(|| panic!("{what} leads nowhere: {failure}"));
        let schema = self.schemas.get(tool).unwrap_or_else(|| panic!("{what} leads to no tool: {failure}"));
        let arguments = failure["next"]["arguments"].as_object().unwrap();
        let written = written(arguments, schema);
        jsonschema::draft202012::new(schema)
            .unwrap()
            .validate(&written)
            .unwrap_or_else(|error| panic!("{what} leads to a call that cannot be: {error}: {failure}"));
        if !failure.to_string().contains(YOURS) && tool != "mcpbox_delete_server" && tool != "mcpbox_delete_tool" {
            let then = self.client.call(tool, written).await;
            assert_ne!(then["structuredContent"]["message"], failure["message"], "{what} goes round in circles");
        }
    }
}

/// The arguments with something written where they are left open.
fn written(arguments: &Map<String, Value>, schema: &Value) -> Value {
    let write = |(name, value): (&String, &Value)| {
        let value = match (value == YOURS, schema["properties"][name]["type"].as_str()) {
            (true, Some("object")) => json!({}),
            (true, Some("array")) => json!([]),
            (true, _) => json!("written"),
            (false, _) => value.clone(),
        };
        (name.clone(), value)
    };
    arguments.iter().map(write).collect()
}

async fn world() -> (TestBox, Author) {
    let it = TestBox::start().await;
    it.publish("maths", "add", ADD).await;
    it.publish("maths", "fails", RAISE).await;
    let author = Author::of(&it).await;
    for (name, code) in [("draft", ADD), ("fetch", FETCH)] {
        let tool = json!({"server_id": "maths", "name": name, "python_code": code});
        author.client.manage("mcpbox_create_tool", tool).await;
    }
    author.client.manage("mcpbox_create_server", json!({"name": "stopped"})).await;
    author.client.manage("mcpbox_create_server_secret", json!({"server_id": "maths", "key": "KEY"})).await;
    (it, author)
}

/// Bad inputs of every tool, and the sort of failure that each ends in.
#[expect(clippy::too_many_lines, reason = "a table, a line a case")]
fn cases() -> Vec<(&'static str, Value, &'static str)> {
    let long = "x".repeat(20_000);
    let create = |name: &str, code: &str| json!({"server_id": "maths", "name": name, "python_code": code});
    let host = |host: &str| json!({"tool_id": "maths__draft", "host": host, "justification": "data"});
    let module = |name: &str| json!({"tool_id": "maths__draft", "module_name": name, "justification": "data"});
    let secret = |key: &str| json!({"server_id": "maths", "key": key});
    let mocks = |mocks: Value| json!({"tool_id": "maths__add", "arguments": {"a": 1, "b": 2}, "http_mocks": mocks});
    let call = |name: &str, arguments: Value| json!({"name": name, "arguments": arguments});
    let package = |module: &str, package: &str| json!({"tool_id": "maths__draft", "module_name": module, "package": package, "justification": "data"});
    let many: Vec<String> = (0..30).map(|number| format!("h{number}.example")).collect();
    let many_mocks: Vec<Value> = (0..200).map(|number| json!({"url": format!("https://x.example/{number}")})).collect();
    vec![
        ("mcpbox_search_tools", json!({}), "invalid_arguments"),
        ("mcpbox_search_tools", json!({"query": "x", "limit": 500}), "invalid_arguments"),
        ("mcpbox_call_tool", call("maths__ad", json!({"a": 1, "b": 2})), "not_found"),
        ("mcpbox_call_tool", call("zzzz", json!({})), "not_found"),
        ("mcpbox_call_tool", call("maths__add", json!({"a": 1})), "invalid_arguments"),
        ("mcpbox_call_tool", call("maths__add", json!({"a": "1", "b": 2})), "invalid_arguments"),
        ("mcpbox_call_tool", call("maths__draft", json!({"a": 1, "b": 2})), "not_live"),
        ("mcpbox_call_tool", call("maths__fails", json!({})), "exception"),
        ("mcpbox_call_tool", call("mcpbox_list_servers", json!({})), "invalid_arguments"),
        ("mcpbox_run_code", json!({"code": "async def main(:"}), "syntax"),
        ("mcpbox_run_code", json!({"code": "import os\nasync def main():\n    return 1\n"}), "syntax"),
        ("mcpbox_run_code", json!({"code": SCRIPT}), "invalid_arguments"),
        ("mcpbox_run_code", json!({"code": long.repeat(30)}), "invalid_arguments"),
        ("mcpbox_list_servers", json!({"page": 0}), "invalid_arguments"),
        ("mcpbox_get_server", json!({"server_id": "math"}), "not_found"),
        ("mcpbox_get_server", json!({"server_id": "zzzz"}), "not_found"),
        ("mcpbox_create_server", json!({"name": "Weather API"}), "invalid_arguments"),
        ("mcpbox_create_server", json!({"name": "天気"}), "invalid_arguments"),
        ("mcpbox_create_server", json!({"name": "mcpbox_x"}), "invalid_arguments"),
        ("mcpbox_create_server", json!({"name": "maths"}), "conflict"),
        ("mcpbox_create_server", json!({"name": "new", "description": long}), "invalid_arguments"),
        ("mcpbox_create_server", json!({"name": "new", "description": "a\u{202e}b"}), "invalid_arguments"),
        ("mcpbox_delete_server", json!({"server_id": "zzzz"}), "not_found"),
        ("mcpbox_start_server", json!({"server_id": "zzzz"}), "not_found"),
        ("mcpbox_stop_server", json!({"server_id": "zzzz"}), "not_found"),
        ("mcpbox_list_tools", json!({"server_id": "zzzz"}), "not_found"),
        ("mcpbox_list_tools", json!({"server_id": "maths", "cursor": "0"}), "invalid_arguments"),
        ("mcpbox_get_tool", json!({"tool_id": "maths__ad"}), "not_found"),
        ("mcpbox_get_tool", json!({"tool_id": "zzzz"}), "not_found"),
        ("mcpbox_create_tool", create("Add Numbers", ADD), "invalid_arguments"),
        ("mcpbox_create_tool", create("mcpbox_add", ADD), "invalid_arguments"),
        ("mcpbox_create_tool", create("add", ADD), "conflict"),
        ("mcpbox_create_tool", create("bad", "def main(:"), "syntax"),
        ("mcpbox_create_tool", create("bad", "x = 1\n"), "syntax"),
        ("mcpbox_create_tool", create("bad", "import os\nasync def main():\n    return 1\n"), "syntax"),
        ("mcpbox_create_tool", create("bad", "async def main():\n    return '\u{0}'\n"), "invalid_arguments"),
        ("mcpbox_create_tool", create("bad", &long.repeat(30)), "invalid_arguments"),
        ("mcpbox_create_tool", json!({"server_id": "zzzz", "name": "a", "python_code": ADD}), "not_found"),
        ("mcpbox_update_tool", json!({"tool_id": "maths__draft", "name": "add"}), "conflict"),
        ("mcpbox_update_tool", json!({"tool_id": "maths__draft", "python_code": "def main(:"}), "syntax"),
        ("mcpbox_update_tool", json!({"tool_id": "zzzz"}), "not_found"),
        ("mcpbox_delete_tool", json!({"tool_id": "zzzz"}), "not_found"),
        ("mcpbox_validate_code", json!({}), "invalid_arguments"),
        ("mcpbox_test_code", json!({"tool_id": "maths__draft", "arguments": {"a": 1}}), "invalid_arguments"),
        ("mcpbox_test_code", json!({"tool_id": "zzzz"}), "not_found"),
        ("mcpbox_test_code", mocks(json!([{"url": "x.example"}])), "invalid_arguments"),
        ("mcpbox_test_code", mocks(json!([{"url": "https://x.example/", "status": 7}])), "invalid_arguments"),
        ("mcpbox_test_code", mocks(json!(many_mocks)), "invalid_arguments"),
        ("mcpbox_test_code", mocks(json!([{"status": 200}])), "invalid_arguments"),
        ("mcpbox_get_tool_logs", json!({"tool_id": "zzzz"}), "not_found"),
        ("mcpbox_get_tool_logs", json!({"tool_id": "maths__add", "cursor": "-1"}), "invalid_arguments"),
        ("mcpbox_list_tool_versions", json!({"tool_id": "zzzz"}), "not_found"),
        ("mcpbox_list_tool_versions", json!({"tool_id": "maths__add", "cursor": "x"}), "invalid_arguments"),
        ("mcpbox_rollback_tool", json!({"tool_id": "maths__add", "version": 9}), "not_found"),
        ("mcpbox_rollback_tool", json!({"tool_id": "maths__add", "version": 1}), "conflict"),
        ("mcpbox_rollback_tool", json!({"tool_id": "zzzz", "version": 1}), "not_found"),
        ("mcpbox_create_server_secret", secret("api-key"), "invalid_arguments"),
        ("mcpbox_create_server_secret", secret("1"), "invalid_arguments"),
        ("mcpbox_create_server_secret", secret("KEY"), "conflict"),
        (
            "mcpbox_create_server_secret",
            json!({"server_id": "maths", "key": "K", "hosts": ["http://x"]}),
            "invalid_arguments",
        ),
        ("mcpbox_create_server_secret", json!({"server_id": "maths", "key": "K", "hosts": many}), "invalid_arguments"),
        ("mcpbox_create_server_secret", json!({"server_id": "qqqq", "key": "K"}), "not_found"),
        ("mcpbox_list_server_secrets", json!({"server_id": "qqqq"}), "not_found"),
        ("mcpbox_list_server_secrets", json!({"server_id": "maths", "cursor": "x"}), "invalid_arguments"),
        ("mcpbox_request_publish", json!({"tool_id": "maths__add"}), "conflict"),
        ("mcpbox_request_publish", json!({"tool_id": "zzzz"}), "not_found"),
        ("mcpbox_request_publish", json!({"tool_id": "maths__draft", "notes": long}), "invalid_arguments"),
        ("mcpbox_request_module", module("os"), "import_denied"),
        ("mcpbox_request_module", module("not a module"), "invalid_arguments"),
        ("mcpbox_request_module", module("pandas>=2"), "invalid_arguments"),
        ("mcpbox_request_module", package("pandas", "no package!"), "invalid_arguments"),
        ("mcpbox_request_module", package("json", "pandas"), "invalid_arguments"),
        ("mcpbox_request_module", package("httpx", "httpx"), "invalid_arguments"),
        ("mcpbox_request_module", json!({"tool_id": "zzzz", "module_name": "x", "justification": "y"}), "not_found"),
        ("mcpbox_request_network_access", host("https://x.example/a"), "invalid_arguments"),
        ("mcpbox_request_network_access", host("localhost"), "host_denied"),
        ("mcpbox_request_network_access", host("169.254.169.254"), "host_denied"),
        (
            "mcpbox_request_network_access",
            json!({"tool_id": "maths__draft", "host": "x.example:1", "port": 2, "justification": "y"}),
            "invalid_arguments",
        ),
        (
            "mcpbox_request_network_access",
            json!({"tool_id": "maths__draft", "host": "x.example", "justification": " "}),
            "invalid_arguments",
        ),
        ("mcpbox_get_tool_status", json!({"tool_id": "zzzz"}), "not_found"),
        ("mcpbox_list_pending_requests", json!({"cursor": "x"}), "invalid_arguments"),
        ("mcpbox_get_server_modules", json!({"x": 1}), "invalid_arguments"),
    ]
}

#[tokio::test]
async fn every_bad_input_of_every_tool_leads_on() {
    let (_it, mut author) = world().await;
    let mut others = Vec::new();
    for (tool, arguments, kind) in cases() {
        let failure = author.refused(tool, arguments.clone()).await;
        others.extend((failure["kind"] != kind).then_some((tool, kind, failure)));
    }
    assert!(others.is_empty(), "of another sort: {others:#?}");
    let management = author.schemas.keys().filter(|name| name.starts_with("mcpbox_")).cloned();
    assert_eq!(author.refused, management.collect(), "a tool whose failures nobody looks at");
}

#[tokio::test]
async fn what_an_admin_does_not_allow_leads_on() {
    let (it, mut author) = world().await;
    let settings = Settings {
        open_requests_per_client: 1,
        draft_testing: DraftTesting::AfterApproval,
        code_mode: false,
        ..Settings::default()
    };
    it.change_settings(settings).await;
    let untested = author.refused("mcpbox_test_code", json!({"tool_id": "maths__fetch"})).await;
    assert_eq!((&untested["kind"], &untested["next"]["tool"]), (&json!("forbidden"), &json!("mcpbox_request_publish")));
    let off = author.refused("mcpbox_run_code", json!({"code": SCRIPT})).await;
    assert_eq!(off["kind"], "forbidden");
    // What was followed above waits already.
    let full = author.refused("mcpbox_request_publish", json!({"tool_id": "maths__draft"})).await;
    assert_eq!((&full["kind"], &full["human"]), (&json!("rate_limited"), &json!("http://127.0.0.1:3000/approvals")));
    let host = json!({"tool_id": "maths__draft", "host": "x.example", "justification": "data"});
    assert_eq!(author.refused("mcpbox_request_network_access", host).await["kind"], "rate_limited");
}

#[tokio::test]
async fn what_is_not_live_and_what_waits_too_much_leads_on() {
    let (_it, mut author) = world().await;
    author.client.manage("mcpbox_update_tool", json!({"tool_id": "maths__fails", "enabled": false})).await;
    let disabled = author.refused("mcpbox_call_tool", json!({"name": "maths__fails"})).await;
    assert_eq!((&disabled["kind"], &disabled["next"]["tool"]), (&json!("not_live"), &json!("mcpbox_update_tool")));
    author.client.manage("mcpbox_stop_server", json!({"server_id": "maths"})).await;
    let stopped =
        author.refused("mcpbox_call_tool", json!({"name": "maths__add", "arguments": {"a": 1, "b": 2}})).await;
    assert_eq!((&stopped["kind"], &stopped["next"]["tool"]), (&json!("not_live"), &json!("mcpbox_start_server")));
    for number in 0..30 {
        let host = json!({"tool_id": "maths__draft", "host": format!("h{number}.example"), "justification": "data"});
        author.client.manage("mcpbox_request_network_access", host).await;
    }
    let more = json!({"tool_id": "maths__draft", "host": "one-more.example", "justification": "data"});
    assert_eq!(author.refused("mcpbox_request_network_access", more).await["kind"], "rate_limited");
}

#[tokio::test]
async fn a_call_that_comes_too_often_is_told_to_come_again() {
    let it = TestBox::with(mcpbox_gateway::GatewayConfig {
        rate_limits: mcpbox_gateway::RateLimits {
            per_client: std::num::NonZeroU32::new(3),
            ..mcpbox_gateway::RateLimits::off()
        },
        ..mcpbox_gateway::GatewayConfig::default()
    })
    .await;
    let client = Raw::modern(&it.url);
    let mut refused = Value::Null;
    for _ in 0..10 {
        refused = client.call("mcpbox_get_server_modules", json!({})).await;
    }
    let failure = &refused["structuredContent"];
    assert_eq!(
        (&failure["kind"], &failure["next"]),
        (&json!("rate_limited"), &json!({"tool": "mcpbox_get_server_modules", "arguments": {}})),
        "{refused}"
    );
}
