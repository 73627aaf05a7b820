//! A worker's door in this process, for what processes of the real binary cannot be made to do.

use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::Arc,
    time::Duration,
};

use mcpbox_core::{
    bearer::BearerKey,
    execute::{Environment, Executor, LockedEnvironment, Unobserved},
    failure::FailureKind,
};
use mcpbox_sandbox::{Sandbox, SandboxConfig, WorkerDoor, Workers, WorkersConfig, serve};
use serde_json::json;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::support::{Heard, config, sandbox_with, standard, until};

const SLEEP: &str = "import time\ndef main():\n    time.sleep(60)\n";

pub(crate) struct Worker {
    pub(crate) sandbox: Arc<Sandbox>,
    pub(crate) workers: Arc<Workers>,
    address: std::net::SocketAddr,
    shutdown: CancellationToken,
    door: JoinHandle<()>,
}

fn key() -> String {
    "5e".repeat(32)
}

pub(crate) async fn worker(config: SandboxConfig) -> Worker {
    open(sandbox_with(config).await, None).await
}

/// A worker on a data directory of its own, without the base packages.
async fn plain_worker(config: SandboxConfig, address: Option<std::net::SocketAddr>) -> Worker {
    let broker = mcpbox_egress::Broker::new(mcpbox_egress::BrokerConfig::default()).unwrap();
    open(Sandbox::start(config, broker, |_| {}).await.unwrap(), address).await
}

async fn open(sandbox: Arc<Sandbox>, address: Option<std::net::SocketAddr>) -> Worker {
    let address = address.unwrap_or_else(|| "127.0.0.1:0".parse().unwrap());
    let listener = TcpListener::bind(address).await.unwrap();
    let address = listener.local_addr().unwrap();
    let key = BearerKey::parse(&key()).unwrap();
    let door = WorkerDoor { sandbox: Arc::clone(&sandbox), key: key.clone(), metrics_token: None };
    let shutdown = CancellationToken::new();
    let door = tokio::spawn(serve(listener, door, shutdown.clone()));
    let urls = vec![format!("http://{address}").parse().unwrap()];
    let workers = Workers::start(&WorkersConfig { urls, ..WorkersConfig::default() }, &key).await.unwrap();
    Worker { sandbox, workers, address, shutdown, door }
}

impl Worker {
    pub(crate) async fn stop(self) {
        self.workers.shutdown(Duration::ZERO).await;
        self.shutdown.cancel();
        self.door.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_worker_says_so_through_the_wire() {
    let worker = worker(SandboxConfig { max_concurrent: 1, queue_limit: 0, ..config() }).await;
    let workers = Arc::clone(&worker.workers);
    let call = tokio::spawn(async move { workers.execute(standard(SLEEP).execution, Arc::new(Unobserved)).await });
    until("it runs", || worker.sandbox.status().running == 1).await;
    let outcome = worker.workers.execute(standard("def main():\n    return 1\n").execution, Arc::new(Unobserved)).await;
    let failure = outcome.result.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Unavailable);
    assert_eq!(failure.message, "the sandbox is busy: too many tools run at once");
    assert!(failure.hint.unwrap().contains("fewer calls at once"));
    call.abort();
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_messages_and_the_largest_result_pass() {
    let worker = worker(config()).await;
    let heard = Arc::new(Heard::default());
    let source = "def main():\n    for n in range(3000):\n        ctx.log(str(n))\n    print('\\x01' * 100000)\n    \
                  return [1e9] * 80000\n";
    let outcome = worker.workers.execute(standard(source).execution, Arc::clone(&heard) as _).await;
    assert_eq!(outcome.result.unwrap().value, json!(vec![1e9; 80_000]));
    assert_eq!(outcome.stdout, format!("{}\n", "\u{1}".repeat(100_000)));
    let numbers: Vec<String> = (0..3000).map(|n| n.to_string()).collect();
    assert_eq!(*heard.0.lock().unwrap(), numbers);
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_never_reads_costs_a_bounded_amount() {
    let worker = worker(config()).await;
    let source = "def main():\n    for n in range(4900):\n        ctx.log('x' * 8000)\n";
    let body = json!({
        "call_id": "01890000-0000-7000-8000-000000000000",
        "program": {
            "source": source, "content_hash": "0", "policy": "standard", "modules": [],
            "environment": "base", "imports": [], "uses_http": false,
        },
        "arguments": {}, "hosts": [], "secrets": [], "http_mocks": null,
        "limits": mcpbox_core::server::Limits { timeout_ms: 90_000, ..Default::default() },
    })
    .to_string();
    let mut stream = TcpStream::connect(worker.address).unwrap();
    write!(
        stream,
        "POST /execute HTTP/1.1\r\nHost: w\r\nAuthorization: Bearer {}\r\nmcpbox-protocol: 2\r\nContent-Length: {}\r\n\r\n{body}",
        key(),
        body.len()
    )
    .unwrap();
    let mut status = [0; 12];
    stream.read_exact(&mut status).unwrap();
    assert_eq!(&status, b"HTTP/1.1 200");
    let ended = || worker.sandbox.metrics().contains("calls_total{environment=\"lean\",outcome=\"ok\"} 1");
    until("all is said", ended).await; // 39 MB
    // What the connection and the budget took is still there, and so is the outcome.
    let mut kept = Vec::new();
    while !kept.ends_with(b"\r\n0\r\n\r\n") {
        let mut chunk = [0; 65536];
        let count = stream.read(&mut chunk).unwrap();
        assert!(count > 0, "it ended without an end");
        kept.extend_from_slice(&chunk[..count]);
    }
    assert!((1 << 20..20 << 20).contains(&kept.len()), "{} bytes", kept.len());
    let last = kept.split(|byte| *byte == b'\n').rev().find(|line| line.starts_with(b"{")).unwrap();
    assert!(last.starts_with(b"{\"ended\""), "{}", String::from_utf8_lossy(last));
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn packages_are_resolved_installed_and_used_on_workers_also_on_one_that_lost_its_disk() {
    let rooms = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let on = |room: usize| SandboxConfig {
        data_dir: rooms[room].path().to_owned(),
        install_base: false,
        max_environments: 1,
        ..config()
    };
    let first = plain_worker(on(0), None).await;
    let wanted = ["pyyaml".to_owned()].into();
    let resolved =
        first.workers.resolve(&wanted).await.unwrap_or_else(|reason| panic!("is there a package index? {reason}"));
    let environment = LockedEnvironment { lock: resolved.lock.hash.clone(), network: false };
    first.workers.install(environment.clone(), &resolved.lock, &|_| {}).await.unwrap();
    let call = || {
        let mut run = standard("import yaml\ndef main():\n    return yaml.safe_load('[1]')\n");
        Arc::get_mut(&mut run.execution.program).unwrap().environment = Environment::Locked(environment.clone());
        run.execution
    };
    let value = async |workers: &Workers| workers.execute(call(), Arc::new(Unobserved)).await.result.unwrap().value;
    assert_eq!(value(&first.workers).await, json!([1]));

    // Another machine takes the worker's place; the call that finds nothing there has it installed.
    let (address, workers) = (first.address, Arc::clone(&first.workers));
    first.shutdown.cancel();
    first.door.await.unwrap();
    let second = plain_worker(on(1), Some(address)).await;
    until("the new worker is seen", || matches!(workers.states()[0].1, mcpbox_sandbox::WorkerState::Up(_))).await;
    assert_eq!(value(&workers).await, json!([1]));
    let nowhere = second.workers.resolve(&["mcpbox-no-such-package-anywhere".to_owned()].into()).await.unwrap_err();
    assert!(nowhere.contains("mcpbox-no-such-package-anywhere"), "{nowhere}");
    // What nobody needs any more goes from the worker's disk too, but not what is in use.
    let other = workers.resolve(&["six".to_owned()].into()).await.unwrap();
    let in_use = LockedEnvironment { lock: other.lock.hash.clone(), network: false };
    workers.install(in_use, &other.lock, &|_| {}).await.unwrap();
    let some_day = chrono::DateTime::from_timestamp(4_000_000_000, 0).unwrap();
    assert_eq!(workers.remove_unused(&std::collections::BTreeSet::new(), some_day).await, 1);
    assert_eq!(value(&workers).await, json!([1]), "it is installed again by the call");
    workers.shutdown(Duration::ZERO).await;
    second.stop().await;
}
