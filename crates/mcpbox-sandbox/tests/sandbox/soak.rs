//! Many calls of mixed tools, well and badly behaved: nothing piles up. `MCPBOX_LONG=1` makes it 200,000.

use std::{fs, sync::Arc, time::Duration};

use mcpbox_core::execute::Executor;
use mcpbox_sandbox::Sandbox;
use serde_json::json;

use crate::support::{Run, config, sandbox_with, standard, strict, until};

const AT_ONCE: usize = 16;

/// One of each kind, the failing ones rarer.
fn tool(number: usize) -> Run {
    match number % 16 {
        0 => standard("def main():\n    import os\n    os.kill(os.getpid(), 9)\n"),
        1 => strict("def main():\n    raise ValueError('no')\n"),
        2 => standard("def main():\n    open('/tmp/x', 'w').write('x' * 100_000)\n    return 1\n"),
        3 => strict("def main():\n    print('line\\n' * 500)\n    return 1\n"),
        4 => strict("import asyncio\nasync def main():\n    await asyncio.sleep(0.001)\n    return 1\n"),
        5 => strict("import dataclasses, typing\ndef main():\n    return [1] * 2000\n"),
        6 if number % 256 == 6 => strict("def main():\n    while True: pass\n").limits(|limits| limits.timeout_ms = 50),
        _ => strict("import json\nasync def main(a: int):\n    return {'a': a, 'text': json.dumps([a] * 20)}\n")
            .arguments(json!({"a": number})),
    }
}

async fn calls(sandbox: &Arc<Sandbox>, count: usize) {
    let workers = (0..AT_ONCE).map(|first| {
        let sandbox = Arc::clone(sandbox);
        tokio::spawn(async move {
            for number in (first..count).step_by(AT_ONCE) {
                let is_bad = matches!(number % 16, 0 | 1) || number % 256 == 6;
                let outcome = tool(number).outcome(&sandbox).await;
                assert_eq!(outcome.result.is_err(), is_bad, "{number}: {:?}", outcome.result);
            }
        })
    });
    for worker in workers.collect::<Vec<_>>() {
        worker.await.unwrap();
    }
}

/// Open descriptors of this process.
fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

/// Private memory of this process, KiB.
fn memory_kb() -> u64 {
    let text = fs::read_to_string("/proc/self/smaps_rollup").unwrap();
    let number = |name: &str| -> u64 {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    };
    number("Private_Dirty:") + number("Private_Clean:")
}

/// Processes of the sandbox that are neither parked nor needed to make others.
async fn settled(sandbox: &Sandbox) {
    until("all calls have ended", || sandbox.status().running == 0).await;
    // Parked processes come and go with demand; give the ended ones time to be collected.
    tokio::time::sleep(Duration::from_millis(500)).await;
}

/// Set in a process that runs this test alone: it counts what the whole process has.
const ALONE: &str = "MCPBOX_TEST_ALONE";

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::disallowed_methods, reason = "the test starts itself")]
async fn nothing_piles_up_over_many_calls() {
    if std::env::var_os(ALONE).is_none() {
        let mut alone = std::process::Command::new(std::env::current_exe().unwrap());
        alone.args(["--exact", "soak::nothing_piles_up_over_many_calls", "--nocapture"]).env(ALONE, "1");
        assert!(alone.status().unwrap().success());
        return;
    }
    let is_long = std::env::var_os("MCPBOX_LONG").is_some();
    let (first, rest) = if is_long { (10_000, 190_000) } else { (800, 2_400) };
    let sandbox = sandbox_with(config()).await;
    calls(&sandbox, first).await;
    settled(&sandbox).await;
    let (memory, open) = (memory_kb(), descriptors());
    calls(&sandbox, rest).await;
    settled(&sandbox).await;
    let (memory_after, open_after) = (memory_kb(), descriptors());
    eprintln!("{memory} KiB and {open} descriptors, then {memory_after} and {open_after}");
    // A parked process has three; the pools may be fuller than before, by at most all they may hold.
    assert!(open_after <= open + 3 * 3 * 16, "{open} descriptors, then {open_after}");
    if is_long {
        assert!(memory_after * 100 <= memory * 105, "{memory} KiB, then {memory_after}");
    }
    sandbox.shutdown(Duration::from_secs(2)).await;
    assert!(descriptors() < open, "descriptors outlive the sandbox");
    let children = fs::read_to_string(format!("/proc/self/task/{}/children", std::process::id())).unwrap();
    assert_eq!(children.trim(), "", "processes outlive the sandbox");
}
