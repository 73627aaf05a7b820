//! Bad inputs of every tool, and the sort of failure that each ends in.

use serde_json::{Value, json};

use crate::support::double::{ADD, SCRIPT};

/// Tool, arguments, kind.
type Case = (&'static str, Value, &'static str);

pub(super) fn all() -> impl Iterator<Item = Case> {
    [calling(), making(), knowing(), asking()].into_iter().flatten()
}

fn calling() -> Vec<Case> {
    let long = "x".repeat(20_000);
    let mocks = |mocks: Value| json!({"tool_id": "maths__add", "arguments": {"a": 1, "b": 2}, "http_mocks": mocks});
    let call = |name: &str, arguments: Value| json!({"name": name, "arguments": arguments});
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
        ("mcpbox_validate_code", json!({}), "invalid_arguments"),
        ("mcpbox_test_code", json!({"tool_id": "maths__draft", "arguments": {"a": 1}}), "invalid_arguments"),
        ("mcpbox_test_code", json!({"tool_id": "zzzz"}), "not_found"),
        ("mcpbox_test_code", mocks(json!([{"url": "x.example"}])), "invalid_arguments"),
        ("mcpbox_test_code", mocks(json!([{"url": "https://x.example/", "status": 7}])), "invalid_arguments"),
        ("mcpbox_test_code", mocks(json!(many_mocks)), "invalid_arguments"),
        ("mcpbox_test_code", mocks(json!([{"status": 200}])), "invalid_arguments"),
        ("mcpbox_get_tool_logs", json!({"tool_id": "zzzz"}), "not_found"),
        ("mcpbox_get_tool_logs", json!({"tool_id": "maths__add", "cursor": "-1"}), "invalid_arguments"),
    ]
}

fn making() -> Vec<Case> {
    let long = "x".repeat(20_000);
    let create = |name: &str, code: &str| json!({"server_id": "maths", "name": name, "python_code": code});
    vec![
        ("mcpbox_create_server", json!({"name": "Weather API"}), "invalid_arguments"),
        ("mcpbox_create_server", json!({"name": "天気"}), "invalid_arguments"),
        ("mcpbox_create_server", json!({"name": "mcpbox_x"}), "invalid_arguments"),
        ("mcpbox_create_server", json!({"name": "maths"}), "conflict"),
        ("mcpbox_create_server", json!({"name": "new", "description": long}), "invalid_arguments"),
        ("mcpbox_create_server", json!({"name": "new", "description": "a\u{202e}b"}), "invalid_arguments"),
        ("mcpbox_create_tool", create("Add Numbers", ADD), "invalid_arguments"),
        ("mcpbox_create_tool", create("mcpbox_add", ADD), "invalid_arguments"),
        ("mcpbox_create_tool", create("add", ADD), "conflict"),
        ("mcpbox_create_tool", create("bad", "def main(:"), "syntax"),
        ("mcpbox_create_tool", create("bad", "x = 1\n"), "syntax"),
        ("mcpbox_create_tool", create("bad", "import os\nasync def main():\n    return 1\n"), "syntax"),
        ("mcpbox_create_tool", create("bad", "async def main():\n    return '\u{0}'\n"), "invalid_arguments"),
        ("mcpbox_create_tool", create("bad", &long.repeat(30)), "invalid_arguments"),
        ("mcpbox_create_tool", json!({"server_id": "newborn", "name": "a", "python_code": ADD}), "not_found"),
        ("mcpbox_update_tool", json!({"tool_id": "maths__draft", "name": "add"}), "conflict"),
        ("mcpbox_update_tool", json!({"tool_id": "maths__draft", "python_code": "def main(:"}), "syntax"),
        ("mcpbox_update_tool", json!({"tool_id": "zzzz"}), "not_found"),
        ("mcpbox_rollback_tool", json!({"tool_id": "maths__add", "version": 9}), "not_found"),
        ("mcpbox_rollback_tool", json!({"tool_id": "maths__add", "version": 1}), "conflict"),
        ("mcpbox_rollback_tool", json!({"tool_id": "zzzz", "version": 1}), "not_found"),
    ]
}

fn knowing() -> Vec<Case> {
    vec![
        ("mcpbox_list_servers", json!({"page": 0}), "invalid_arguments"),
        ("mcpbox_get_server", json!({"server_id": "math"}), "not_found"),
        ("mcpbox_get_server", json!({"server_id": "zzzz"}), "not_found"),
        ("mcpbox_delete_server", json!({"server_id": "zzzz"}), "not_found"),
        ("mcpbox_start_server", json!({"server_id": "zzzz"}), "not_found"),
        ("mcpbox_stop_server", json!({"server_id": "zzzz"}), "not_found"),
        ("mcpbox_list_tools", json!({"server_id": "zzzz"}), "not_found"),
        ("mcpbox_list_tools", json!({"server_id": "maths", "cursor": "0"}), "invalid_arguments"),
        ("mcpbox_get_tool", json!({"tool_id": "maths__ad"}), "not_found"),
        ("mcpbox_get_tool", json!({"tool_id": "zzzz"}), "not_found"),
        ("mcpbox_delete_tool", json!({"tool_id": "zzzz"}), "not_found"),
        ("mcpbox_list_tool_versions", json!({"tool_id": "zzzz"}), "not_found"),
        ("mcpbox_list_tool_versions", json!({"tool_id": "maths__add", "cursor": "x"}), "invalid_arguments"),
        ("mcpbox_get_tool_status", json!({"tool_id": "zzzz"}), "not_found"),
        ("mcpbox_get_server_modules", json!({"x": 1}), "invalid_arguments"),
        (
            "mcpbox_add_external_source",
            json!({"server_id": "maths", "name": "a", "url": "nonsense"}),
            "invalid_arguments",
        ),
        (
            "mcpbox_add_external_source",
            json!({"server_id": "maths", "name": "a", "url": "http://127.0.0.1/"}),
            "host_denied",
        ),
        ("mcpbox_list_external_sources", json!({"server_id": "zzzz"}), "not_found"),
        ("mcpbox_discover_external_tools", json!({"source_id": "zzzz"}), "not_found"),
        ("mcpbox_import_external_tools", json!({"source_id": "zzzz", "tool_names": ["a"]}), "not_found"),
    ]
}

fn asking() -> Vec<Case> {
    let long = "x".repeat(20_000);
    let host = |host: &str| json!({"tool_id": "maths__draft", "host": host, "justification": "data"});
    let module = |name: &str| json!({"tool_id": "maths__draft", "module_name": name, "justification": "data"});
    let package = |module: &str, package: &str| json!({"tool_id": "maths__draft", "module_name": module, "package": package, "justification": "data"});
    let secret = |key: &str| json!({"server_id": "maths", "key": key});
    let many: Vec<String> = (0..30).map(|number| format!("h{number}.example")).collect();
    vec![
        ("mcpbox_create_server_secret", secret("api-key"), "invalid_arguments"),
        ("mcpbox_create_server_secret", secret("1"), "invalid_arguments"),
        ("mcpbox_create_server_secret", secret("KEY"), "conflict"),
        (
            "mcpbox_create_server_secret",
            json!({"server_id": "maths", "key": "K", "hosts": ["http://x"]}),
            "invalid_arguments",
        ),
        ("mcpbox_create_server_secret", json!({"server_id": "maths", "key": "K", "hosts": many}), "invalid_arguments"),
        ("mcpbox_create_server_secret", json!({"server_id": "zzzz", "key": "K"}), "not_found"),
        ("mcpbox_list_server_secrets", json!({"server_id": "zzzz"}), "not_found"),
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
        ("mcpbox_list_pending_requests", json!({"cursor": "x"}), "invalid_arguments"),
    ]
}
