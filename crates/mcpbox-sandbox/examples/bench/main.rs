//! What a call costs inside the supervisor: `cargo run --release -p mcpbox-sandbox --example bench [data dir]`. With every layer on,
//! then with one layer off at a time; beside the floor, a bare fork round trip of the same interpreter. Not a test: figures
//! depend on the machine, so compare within one run.

#![expect(clippy::expect_used, reason = "a measuring program may stop")]

use std::{
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
use mcpbox_jail::{Layer, Layers};
use mcpbox_sandbox::{Sandbox, SandboxConfig, find_python};
use serde_json::{Value, json};

mod processes;

use processes::{cpu_ms, largest_family, memory};

/// Turns of calls and bare forks.
const ROUNDS: usize = 9;
const ADD: &str = "async def main(a: int, b: int) -> int:\n    return a + b\n";
/// Long enough that many run at once.
const SLOW: &str = "async def main(a: int, b: int) -> int:\n    return sum(range(1_000_000))\n";
const WORK: &str = "import json, hashlib\nasync def main(a: int, b: int) -> str:\n    rows = [{'i': i, 'x': i * a} for i in range(600)]\n    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()\n";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let first = arguments.next();
    if first.as_deref() == Some(mcpbox_jail::JAIL_ARGUMENT) {
        return mcpbox_jail::main_jail(arguments);
    }
    let data_dir = first.map_or_else(|| std::env::temp_dir().join("mcpbox-bench"), PathBuf::from);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(measure(SandboxConfig { data_dir, ..SandboxConfig::default() }));
    ExitCode::SUCCESS
}

async fn measure(config: SandboxConfig) {
    let sandbox = start(&config).await;
    sandbox.base_installed(Duration::from_secs(120)).await;
    sandbox.shutdown(Duration::from_secs(1)).await;
    drop(sandbox);
    let begun = Instant::now();
    let sandbox = start(&config).await;
    row("start, three zygotes and probes", millis(begun.elapsed()), "ms");
    call(&sandbox, ADD).await;
    row("start to first call", millis(begun.elapsed()), "ms");
    row("cold zygote", cold_zygote(&sandbox).await, "ms");
    latency("add, parked, 8 in a row", parked(&sandbox).await);
    tokio::time::sleep(Duration::from_millis(500)).await; // full again
    let (children, pss) = largest_family();
    println!("{:<44}{:>9.1} MB PSS", format!("{children} parked, with their zygote"), pss as f64 / 1024.0);
    for (name, source, pause_ms) in [
        ("add, 20 ms apart", ADD, 20),
        ("0.9 ms of JSON and hashing, 20 ms apart", WORK, 20),
        ("add, back to back", ADD, 0),
    ] {
        latency(name, times(&sandbox, source, pause_ms).await);
    }
    let mut best: f64 = 0.0;
    for concurrency in [1, 4, 16, 64] {
        let (per_second, cpu) = throughput(&sandbox, concurrency).await;
        best = best.max(per_second);
        println!(
            "{:<44}{per_second:>9.0} calls/s, {:.0} % of the best, {cpu:.2} ms CPU per call",
            format!("add, {concurrency} at once"),
            per_second / best * 100.0
        );
    }
    beside_floors(&sandbox).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (count, pss) = memory();
    println!(
        "{:<44}{:>9.1} MB PSS",
        format!("all {count} processes, {} of them parked", sandbox.status().parked),
        pss as f64 / 1024.0
    );
    sandbox.shutdown(Duration::from_secs(1)).await;
    drop(sandbox);
    layers(&config).await;
}

/// CPU of a call beside that of a bare fork: in turns, because what a fork costs changes with what else the machine does. Medians.
async fn beside_floors(sandbox: &Arc<Sandbox>) {
    let mut rounds = [const { Vec::new() }; 4];
    for _ in 0..ROUNDS {
        let floors = [floor_ms(NOTHING_LOADED), floor_ms(RUNNER_LOADED)];
        let (_, cpu) = throughput(sandbox, 16).await;
        let measured = [floors[0], floors[1], cpu, cpu / floors[1]];
        for (column, value) in rounds.iter_mut().zip(measured) {
            column.push(value);
        }
    }
    let [nothing, zygote, cpu, ratio] = rounds.map(|column| percentile(&column, 50));
    row("floor: bare fork, nothing loaded, CPU", nothing, "ms");
    row("floor: bare fork of a zygote, CPU", zygote, "ms");
    row("add, 16 at once, CPU per call", cpu, "ms");
    row("... as a multiple of the zygote's floor", ratio, "x");
}

/// What each layer adds: the same calls without it.
async fn layers(config: &SandboxConfig) {
    println!("\n{:<44}{:>12}{:>12}", "add, back to back", "p50", "CPU per call");
    let all = [Layers::ALL].into_iter().chain(Layer::OPTIONAL.map(|layer| Layers::ALL.without(layer)));
    for layers in all.chain([Layers::ALL]) {
        let config = SandboxConfig { layers_for_tests: layers, ..config.clone() };
        let sandbox = match Sandbox::start(config, broker(), |_| {}).await {
            Ok(sandbox) => sandbox,
            Err(error) => {
                println!("{:<44}{error}", name(layers));
                continue;
            }
        };
        let p50 = percentile(&times(&sandbox, ADD, 0).await, 50);
        let (_, cpu) = throughput(&sandbox, 4).await;
        println!("{:<44}{p50:>9.3} ms{cpu:>9.2} ms", name(layers));
        sandbox.shutdown(Duration::from_secs(1)).await;
    }
}

fn name(layers: Layers) -> String {
    let missing: Vec<_> = layers.missing().map(|layer| layer.to_string()).collect();
    if missing.is_empty() { "every layer on".to_owned() } else { format!("without {}", missing.join(", ")) }
}

async fn start(config: &SandboxConfig) -> Arc<Sandbox> {
    Sandbox::start(config.clone(), broker(), |line| println!("{line}")).await.expect("a sandbox")
}

fn broker() -> Arc<Broker> {
    Broker::new(BrokerConfig::default()).expect("a broker")
}

async fn cold_zygote(sandbox: &Sandbox) -> f64 {
    let mut times = Vec::new();
    for _ in 0..9 {
        times.push(millis(sandbox.time_cold_zygote().await.expect("a zygote")));
    }
    percentile(&times, 50)
}

/// Latencies of calls one after the other.
async fn times(sandbox: &Sandbox, source: &str, pause_ms: u64) -> Vec<f64> {
    let mut times = Vec::new();
    for _ in 0..300 {
        if pause_ms > 0 {
            tokio::time::sleep(Duration::from_millis(pause_ms)).await;
        }
        times.push(timed(sandbox, source).await);
    }
    times.split_off(20) // compiling, warming
}

/// Latencies of calls each of which finds a parked process: fewer in a row than wait.
async fn parked(sandbox: &Arc<Sandbox>) -> Vec<f64> {
    let mut times = Vec::new();
    for _ in 0..40 {
        // The pool keeps as many as were asked for at once.
        let burst = (0..64).map(|_| {
            tokio::spawn({
                let sandbox = Arc::clone(sandbox);
                async move { call(&sandbox, SLOW).await }
            })
        });
        futures::future::join_all(burst.collect::<Vec<_>>()).await;
        for _ in 0..500 {
            if sandbox.status().parked >= 20 {
                break; // two of each other kind
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        for _ in 0..8 {
            times.push(timed(sandbox, ADD).await);
        }
    }
    times
}

async fn timed(sandbox: &Sandbox, source: &str) -> f64 {
    let begun = Instant::now();
    call(sandbox, source).await;
    millis(begun.elapsed())
}

fn latency(name: &str, times: Vec<f64>) {
    println!("{name:<44}{:>9.3} ms p50 {:>8.3} ms p95", percentile(&times, 50), percentile(&times, 95));
}

/// Calls per second, and milliseconds of CPU that one costs.
async fn throughput(sandbox: &Arc<Sandbox>, concurrency: usize) -> (f64, f64) {
    let (begun, before) = (Instant::now(), cpu_ms());
    let until = begun + Duration::from_secs(4);
    let workers = (0..concurrency).map(|_| {
        let sandbox = Arc::clone(sandbox);
        tokio::spawn(async move {
            let mut done = 0_u32;
            while Instant::now() < until {
                call(&sandbox, ADD).await;
                done += 1;
            }
            done
        })
    });
    let mut calls = 0.0;
    for worker in workers.collect::<Vec<_>>() {
        calls += f64::from(worker.await.unwrap_or_default());
    }
    (calls / begun.elapsed().as_secs_f64(), (cpu_ms() - before) / calls)
}

async fn call(sandbox: &Sandbox, source: &str) {
    let program = Program {
        source: source.to_owned(),
        content_hash: ContentHash::of(&Value::from(source)),
        policy: CodePolicy::Strict,
        modules: ["json", "hashlib"].map(str::to_owned).into(),
        environment: Environment::Base,
        imports: if source == WORK { ["json", "hashlib"].map(str::to_owned).into() } else { Default::default() },
        uses_http: false,
    };
    let execution = Execution {
        call_id: CallId::generate(),
        entry: Default::default(),
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

/// What a floor is measured in: the interpreter with nothing loaded …
const NOTHING_LOADED: &str = "";
/// … and as it is in a zygote of the `bare` profile, warmed up. Both do nothing in the child.
const RUNNER_LOADED: &str = "\
import sys
sys.path.insert(0, sys.argv[1])
import gc, select, lockdown, preload, tool_runtime
preload.load('bare')
tool_runtime.warm_up(32)
gc.disable(), gc.collect(), gc.freeze(), lockdown.tidy_heap()
";
const ROUND_TRIPS: &str = "
import os
def measure(n):
    begun = os.times()
    for _ in range(n):
        pid = os.fork()
        if not pid: os._exit(0)
        os.waitpid(pid, 0)
    ended = os.times()
    return (sum(ended[:4]) - sum(begun[:4])) * 1000 / n
measure(200)
os.write(2, b'%f' % measure(1000))
";

/// CPU time of `os.fork`, `os._exit` and `os.waitpid`, of both processes together.
#[expect(clippy::disallowed_methods, reason = "measures the interpreter itself")]
fn floor_ms(load: &str) -> f64 {
    let python = find_python(None).expect("a Python").path;
    let runner = concat!(env!("CARGO_MANIFEST_DIR"), "/../../runner");
    let null = std::fs::File::options().read(true).write(true).open("/dev/null").expect("/dev/null");
    let code = format!("{load}{ROUND_TRIPS}");
    let output =
        Command::new(python).args(["-I", "-S", "-B", "-c", &code, runner]).stdin(null).output().expect("it runs");
    String::from_utf8_lossy(&output.stderr).trim().parse().expect("a floor")
}

fn row(name: &str, value: f64, unit: &str) {
    println!("{name:<44}{value:>9.3} {unit}");
}

fn percentile(times: &[f64], percent: usize) -> f64 {
    let mut times = times.to_vec();
    times.sort_by(f64::total_cmp);
    times.get(times.len() * percent / 100).copied().unwrap_or_default()
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
