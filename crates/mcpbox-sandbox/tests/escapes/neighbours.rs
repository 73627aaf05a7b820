//! What a hostile call costs others: the call beside it, the next one, and the supervisor.

use std::{
    fs,
    sync::Arc,
    time::{Duration, Instant},
};

use mcpbox_core::{
    execute::{Execution, Executor, Unobserved},
    server::{CodePolicy, Limits},
};
use mcpbox_sandbox::{Layers, Sandbox};
use serde_json::{Map, json};

use crate::{program, suite};

fn call(source: &str) -> Execution {
    let mut execution = suite::execution(source, CodePolicy::Standard, Map::new());
    execution.limits = Limits { timeout_ms: 4_000, ..Limits::default() };
    execution
}

/// Runs a small call and says how long it took.
async fn ordinary(sandbox: &Sandbox) -> Duration {
    let begun = Instant::now();
    let outcome = sandbox.execute(call("def main():\n    return 1\n"), Arc::new(Unobserved)).await;
    assert_eq!(outcome.result.map(|output| output.value).ok(), Some(json!(1)));
    begun.elapsed()
}

/// The middle of a few.
async fn usual(sandbox: &Sandbox) -> Duration {
    let mut times = Vec::new();
    for _ in 0..9 {
        times.push(ordinary(sandbox).await);
    }
    times.sort();
    times[4]
}

/// Starts a hostile call and hands back its end.
fn begin(sandbox: &Arc<Sandbox>, source: &str) -> tokio::task::JoinHandle<String> {
    let (sandbox, call) = (Arc::clone(sandbox), call(source));
    tokio::spawn(async move { format!("{:?}", sandbox.execute(call, Arc::new(Unobserved)).await.result) })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_call_is_as_quick_as_any() {
    let sandbox = suite::sandbox(Layers::ALL).await;
    let before = usual(&sandbox).await;
    for name in [
        "ends/segmentation_fault",
        "ends/exit_at_once",
        "ends/thread_that_stays",
        "bombs/memory",
        "bombs/many_files",
        "bombs/descriptors",
        "frames/garbage",
        "frames/flood_of_requests",
        "descriptors/close_all_and_hang",
        "output/closed",
    ] {
        let escape = program::all().into_iter().find(|it| it.name == name).unwrap();
        let mut hostile = call(&escape.source);
        hostile.arguments.insert("canary".into(), json!({}));
        let _ = sandbox.execute(hostile, Arc::new(Unobserved)).await;
        let after = usual(&sandbox).await;
        assert!(after < before * 20 + Duration::from_millis(250), "after {name}: {after:?}, before: {before:?}");
    }
    sandbox.shutdown(Duration::from_secs(1)).await;
}

/// Threads count for the whole jail: one call must not take the last place in which another could start.
#[tokio::test(flavor = "multi_thread")]
async fn a_thread_bomb_leaves_room_for_other_calls() {
    let sandbox = suite::sandbox(Layers::ALL).await;
    let bomb = program::all().into_iter().find(|it| it.name == "bombs/bare_threads").map(|it| it.source);
    let Some(bomb) = bomb.map(|source| {
        source.replace("raise OSError", "import time; time.sleep(60); raise OSError").replace("(canary)", "()")
    }) else {
        return; // machine code for another machine
    };
    let bombs: Vec<_> = (0..3).map(|_| begin(&sandbox, &bomb)).collect();
    // Until they have done their worst, and beyond.
    while bombs.iter().any(|bomb| !bomb.is_finished()) {
        ordinary(&sandbox).await;
    }
    sandbox.shutdown(Duration::from_secs(1)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn floods_cost_the_supervisor_no_memory() {
    let sandbox = suite::sandbox(Layers::ALL).await;
    usual(&sandbox).await;
    let before = resident_kb();
    let floods = ["frames/flood_of_requests", "frames/flood_of_logs", "frames/flood_of_progress", "bombs/output"];
    let programs = program::all();
    let sources = floods.map(|name| programs.iter().find(|it| it.name == name).unwrap().source.clone());
    let running: Vec<_> =
        sources.iter().map(|source| begin(&sandbox, &source.replace("main(canary)", "main()"))).collect();
    let mut most = before;
    while running.iter().any(|call| !call.is_finished()) {
        ordinary(&sandbox).await;
        most = most.max(resident_kb());
    }
    assert!(most - before < 100_000, "{before} KB before, {most} KB at worst");
    sandbox.shutdown(Duration::from_secs(1)).await;
}

fn resident_kb() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
