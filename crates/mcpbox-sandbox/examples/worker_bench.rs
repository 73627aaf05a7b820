//! What a worker adds to a call: the same sandbox directly and through its own door on loopback, in turns.
//! `cargo run --release -p mcpbox-sandbox --example worker_bench [data dir]`. Not a test: figures depend on the machine.

#![expect(clippy::expect_used, reason = "a measuring program may stop")]

use std::{
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

use mcpbox_core::{
    bearer::BearerKey,
    execute::{Environment, Execution, Executor, Program, Unobserved},
    hash::ContentHash,
    ids::CallId,
    server::{CodePolicy, Limits},
};
use mcpbox_egress::{Broker, BrokerConfig};
use mcpbox_sandbox::{Sandbox, SandboxConfig, WorkerDoor, Workers, WorkersConfig, serve};
use serde_json::json;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

const ADD: &str = "async def main(a: int, b: int) -> int:\n    return a + b\n";
const CALLS: usize = 400;
const AT_ONCE: usize = 16;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let first = arguments.next();
    if first.as_deref() == Some(mcpbox_jail::JAIL_ARGUMENT) {
        return mcpbox_jail::main_jail(arguments);
    }
    let data_dir = first.map_or_else(|| std::env::temp_dir().join("mcpbox-bench"), PathBuf::from);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(measure(data_dir));
    ExitCode::SUCCESS
}

async fn measure(data_dir: PathBuf) {
    let config = SandboxConfig { data_dir, install_base: false, ..SandboxConfig::default() };
    let broker = Broker::new(BrokerConfig::default()).expect("a broker");
    let sandbox = Sandbox::start(config, broker, |_| {}).await.expect("a sandbox");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address")).parse().expect("a URL");
    let key = BearerKey::parse(&"5e".repeat(32)).expect("a key");
    let shutdown = CancellationToken::new();
    let door = WorkerDoor { sandbox: Arc::clone(&sandbox), key: key.clone(), metrics_token: None };
    let door = tokio::spawn(serve(listener, door, shutdown.clone()));
    let workers =
        Workers::start(&WorkersConfig { urls: vec![url], ..WorkersConfig::default() }, &key).await.expect("workers");

    for (name, pause) in [("20 ms apart", Duration::from_millis(20)), ("back to back", Duration::ZERO)] {
        let mut times = [Vec::new(), Vec::new()];
        for turn in 0..2 * CALLS {
            tokio::time::sleep(pause).await;
            let begun = Instant::now();
            if turn % 2 == 0 {
                call(sandbox.as_ref()).await
            } else {
                call(workers.as_ref()).await
            }
            if let Some(times) = times.get_mut(turn % 2) {
                times.push(begun.elapsed());
            }
        }
        let [here, there] = times.map(percentiles);
        println!("{name:<14} here {here}   worker {there}");
    }
    for _ in 0..2 {
        let here = rate(Arc::clone(&sandbox) as Arc<dyn Executor>).await;
        let there = rate(Arc::clone(&workers) as Arc<dyn Executor>).await;
        println!("{AT_ONCE} at once     here {here:.0} /s   worker {there:.0} /s");
    }
    workers.shutdown(Duration::ZERO).await;
    shutdown.cancel();
    door.await.expect("the door");
}

fn percentiles(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let at = |part: usize| times.get(times.len() * part / 100).map_or(0.0, |time| time.as_secs_f64() * 1000.0);
    format!("{:.3} ms p50 {:.3} ms p95", at(50), at(95))
}

async fn rate(executor: Arc<dyn Executor>) -> f64 {
    let begun = Instant::now();
    let lanes = (0..AT_ONCE).map(|_| {
        let executor = Arc::clone(&executor);
        tokio::spawn(async move {
            for _ in 0..CALLS / 4 {
                call(executor.as_ref()).await;
            }
        })
    });
    for lane in lanes.collect::<Vec<_>>() {
        lane.await.expect("a lane");
    }
    (AT_ONCE * (CALLS / 4)) as f64 / begun.elapsed().as_secs_f64()
}

async fn call(executor: &dyn Executor) {
    let program = Program {
        source: ADD.to_owned(),
        content_hash: ContentHash::of(&json!(ADD)),
        policy: CodePolicy::Strict,
        modules: Default::default(),
        environment: Environment::Base,
        imports: Default::default(),
        uses_http: false,
    };
    let execution = Execution {
        call_id: CallId::generate(),
        program: Arc::new(program),
        entry: Default::default(),
        arguments: json!({"a": 1, "b": 2}).as_object().cloned().unwrap_or_default(),
        hosts: Arc::new([]),
        secrets: Vec::new(),
        http_mocks: None,
        limits: Limits::default(),
    };
    let outcome = executor.execute(execution, Arc::new(Unobserved)).await;
    assert_eq!(outcome.result.expect("a result").value, json!(3));
}
