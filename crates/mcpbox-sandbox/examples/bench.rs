//! What a call costs inside the supervisor, every layer on: `cargo run --release -p mcpbox-sandbox --example bench [data dir]`.
//! Prints parked p50/p95, throughput, the time of a cold zygote and the memory of all sandbox processes. Not a test: figures
//! depend on the machine, so it also prints the floor, a bare fork round trip of the same interpreter.

#![expect(clippy::expect_used, reason = "a measuring program may stop")]

use std::{
    collections::HashMap,
    fs,
    path::PathBuf,
    process::{Command, ExitCode},
    sync::Arc,
    time::{Duration, Instant},
};

use mcpbox_core::{
    execute::{Environment, Execution, Executor, Program, Unobserved},
    hash::ContentHash,
    ids::CallId,
    server::{CodePolicy, Limits},
};
use mcpbox_egress::{Broker, BrokerConfig};
use mcpbox_sandbox::{Sandbox, SandboxConfig, find_python};
use serde_json::{Value, json};

const ADD: &str = "async def main(a: int, b: int) -> int:\n    return a + b\n";
const WORK: &str = "import json, hashlib\nasync def main(a: int, b: int) -> str:\n    rows = [{'i': i, 'x': i * a} for i in range(600)]\n    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()\n";

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
    let config = SandboxConfig { data_dir, ..SandboxConfig::default() };
    let broker = Broker::new(BrokerConfig::default()).expect("a broker");
    drop(Sandbox::start(config.clone(), Arc::clone(&broker), |line| println!("{line}")).await.expect("a sandbox"));
    let begun = Instant::now();
    let sandbox = Sandbox::start(config, broker, |_| {}).await.expect("a sandbox");
    println!("start incl. probes, two zygotes {:>8.1} ms", millis(begun.elapsed()));
    call(&sandbox, ADD).await;
    println!("start to first call             {:>8.1} ms", millis(begun.elapsed()));
    sandbox.base_installed(Duration::from_secs(120)).await;
    println!("bare fork round trip (floor)    {:>8.3} ms", floor_ms());
    for (name, source, pause_ms) in [
        ("add, parked (20 ms apart)", ADD, 20),
        ("work, parked (20 ms apart)", WORK, 20),
        ("add, back to back", ADD, 0),
    ] {
        let (p50, p95) = percentiles(&sandbox, source, pause_ms).await;
        println!("{name:<32}{p50:>8.3} ms p50 {p95:>8.3} ms p95");
    }
    for concurrency in [1, 4, 16, 64] {
        let before = cpu_ms();
        let (calls, seconds) = throughput(&sandbox, concurrency).await;
        let cpu = (cpu_ms() - before) / calls;
        println!(
            "throughput, {concurrency:>2} at once         {:>8.0} calls/s, {cpu:.2} ms CPU per call",
            calls / seconds
        );
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (count, pss) = memory();
    println!("{count} sandbox processes, {} parked{:>8.1} MB PSS", sandbox.status().parked, pss as f64 / 1024.0);
    sandbox.shutdown(Duration::from_secs(1)).await;
}

async fn percentiles(sandbox: &Sandbox, source: &str, pause_ms: u64) -> (f64, f64) {
    let mut times = Vec::new();
    for _ in 0..300 {
        tokio::time::sleep(Duration::from_millis(pause_ms)).await;
        let begun = Instant::now();
        call(sandbox, source).await;
        times.push(millis(begun.elapsed()));
    }
    times.drain(..20); // compiling, warming
    times.sort_by(f64::total_cmp);
    let at = |share: usize| times.get(times.len() * share / 100).copied().unwrap_or_default();
    (at(50), at(95))
}

async fn throughput(sandbox: &Arc<Sandbox>, concurrency: usize) -> (f64, f64) {
    let until = Instant::now() + Duration::from_secs(4);
    let begun = Instant::now();
    let workers = (0..concurrency).map(|_| {
        let sandbox = Arc::clone(sandbox);
        tokio::spawn(async move {
            let mut done = 0_u64;
            while Instant::now() < until {
                call(&sandbox, ADD).await;
                done += 1;
            }
            done
        })
    });
    let mut total = 0;
    for worker in workers.collect::<Vec<_>>() {
        total += worker.await.unwrap_or_default();
    }
    (total as f64, begun.elapsed().as_secs_f64())
}

/// CPU time of this process, its zygotes and their ended children. Steadier than wall time on a busy machine.
fn cpu_ms() -> f64 {
    let ticks = |pid: u32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let fields = stat.rsplit(") ").next().unwrap_or_default().split(' ').skip(11).take(4);
        fields.filter_map(|field| field.parse::<f64>().ok()).sum::<f64>()
    };
    let zygotes: Vec<u32> = descendants();
    (ticks(std::process::id()) + zygotes.into_iter().map(ticks).sum::<f64>()) * 10.0
}

async fn call(sandbox: &Sandbox, source: &str) {
    let program = Program {
        source: source.to_owned(),
        content_hash: ContentHash::of(&Value::from(source)),
        policy: CodePolicy::Strict,
        modules: ["json", "hashlib"].map(str::to_owned).into(),
        environment: Environment::Base,
        imports: if source == WORK { ["hashlib".to_owned()].into() } else { Default::default() },
        uses_http: false,
    };
    let execution = Execution {
        call_id: CallId::generate(),
        program: Arc::new(program),
        arguments: json!({"a": 2, "b": 3}).as_object().cloned().unwrap_or_default(),
        hosts: Arc::new([]),
        secrets: Vec::new(),
        http_mocks: None,
        limits: Limits::default(),
    };
    let outcome = sandbox.execute(execution, Arc::new(Unobserved)).await;
    if let Err(failure) = outcome.result {
        println!("a call failed: {failure}");
    }
}

/// `os.fork` + `waitpid` of an interpreter with the same modules loaded.
#[expect(clippy::disallowed_methods, reason = "measures the interpreter itself")]
fn floor_ms() -> f64 {
    let code = "import asyncio,json,ctypes,typing,dataclasses,decimal,os,time\nt=time.perf_counter()\nfor _ in range(200):\n    p=os.fork()\n    if not p: os._exit(0)\n    os.waitpid(p,0)\nprint((time.perf_counter()-t)*5)";
    let python = find_python(None).expect("a Python").path;
    let output = Command::new(python).args(["-I", "-S", "-c", code]).output().expect("it runs");
    String::from_utf8_lossy(&output.stdout).trim().parse().unwrap_or_default()
}

/// Number and PSS (KiB) of all descendants.
fn memory() -> (usize, u64) {
    let ours = descendants();
    (ours.len(), ours.into_iter().map(pss).sum())
}

fn descendants() -> Vec<u32> {
    let mut parents: HashMap<u32, u32> = HashMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Ok(pid) = entry.file_name().to_string_lossy().parse() else { continue };
        let status = fs::read_to_string(entry.path().join("status")).unwrap_or_default();
        let parent = status.lines().find_map(|line| line.strip_prefix("PPid:"));
        parents.insert(pid, parent.and_then(|text| text.trim().parse().ok()).unwrap_or(0));
    }
    let me = std::process::id();
    let is_ours = |pid: &u32| {
        std::iter::successors(parents.get(pid).copied(), |parent| parents.get(parent).copied())
            .take(20)
            .any(|parent| parent == me)
    };
    parents.keys().copied().filter(|pid| is_ours(pid)).collect()
}

fn pss(pid: u32) -> u64 {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"));
    line.and_then(|text| text.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
