//! A program as a source, in the jail of the real binary: how long it lives.

use std::{sync::Arc, time::Duration};

use mcpbox_core::{
    execute::Unobserved,
    ids::SourceId,
    program::{ProgramHost, ProgramRule},
    server::Limits,
    source::{SourceAuth, SourceCall, SourceClient, SourceHealth, SourceRule, SourceTarget, TransportKind},
};
use mcpbox_egress::{Broker, BrokerConfig};
use mcpbox_sandbox::{Sandbox, SandboxConfig};
use mcpbox_source::Sources;
use serde_json::{Map, json};

/// An MCP server that counts the calls since its start.
const SERVER: &str = r"
import json, sys
calls = 0
for line in sys.stdin:
    asked = json.loads(line)
    method, number = asked['method'], asked.get('id')
    if number is None:
        continue
    if method == 'initialize':
        result = {'protocolVersion': '2025-06-18', 'capabilities': {'tools': {}}, 'serverInfo': {'name': 'counter', 'version': '1'}}
    elif method == 'tools/list':
        result = {'tools': [{'name': 'count', 'description': 'Counts.', 'inputSchema': {'type': 'object'}}]}
    elif method == 'tools/call':
        calls += 1
        result = {'content': [{'type': 'text', 'text': str(calls)}]}
    elif method == 'ping':
        result = {}
    else:
        print(json.dumps({'jsonrpc': '2.0', 'id': number, 'error': {'code': -32601, 'message': 'no such method'}}), flush=True)
        continue
    print(json.dumps({'jsonrpc': '2.0', 'id': number, 'result': result}), flush=True)
";

fn target() -> SourceTarget {
    let line = format!("exec({})", json!(SERVER));
    let program =
        ProgramRule { command: "/usr/bin/python3".into(), args: vec!["-c".into(), line], ..ProgramRule::default() };
    let rule = SourceRule {
        name: "counter".into(),
        transport: TransportKind::Stdio,
        url: String::new(),
        auth: SourceAuth::None,
        program: Some(Box::new(program)),
    };
    SourceTarget { id: SourceId::generate(), rule, secrets: Vec::new(), login: None }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_nobody_uses_ends_and_the_next_call_starts_it_again() {
    let data = tempfile::tempdir().unwrap();
    let config = SandboxConfig {
        data_dir: data.path().to_owned(),
        jail_program: env!("CARGO_BIN_EXE_mcpbox").into(),
        install_base: false,
        ..SandboxConfig::default()
    };
    let broker = Broker::new(BrokerConfig::default()).unwrap();
    let sandbox = Sandbox::start(config, Arc::clone(&broker), |_| {}).await.unwrap();
    let host: Arc<dyn ProgramHost> = sandbox.clone();
    let idle = Duration::from_secs(5);
    let sources = Sources::with_programs(broker, Some(host), idle);
    let target = target();
    let tool = Arc::new(sources.list_tools(target.clone()).await.unwrap().remove(0));
    let count = async || {
        let call = SourceCall { tool: Arc::clone(&tool), arguments: Map::new(), limits: Limits::default() };
        let outcome = sources.call(target.clone(), call, Arc::new(Unobserved)).await;
        outcome.result.unwrap().content[0]["text"].clone()
    };
    assert_eq!(count().await, json!("1"));
    sources.check(target.id).await;
    assert_eq!(count().await, json!("2"), "one that was just used goes on");

    tokio::time::sleep(idle + Duration::from_millis(200)).await;
    sources.check(target.id).await;
    assert_eq!(sources.health(target.id), SourceHealth::Unknown, "it ended, and that is no failure");
    assert_eq!(count().await, json!("1"), "another process");
    assert!(matches!(sources.health(target.id), SourceHealth::Connected { .. }));
    sandbox.shutdown(Duration::from_secs(5)).await;
}
