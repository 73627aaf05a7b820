//! What happens when processes are killed, callers go away, the queue is full or the sandbox stops.

use std::{
    fs,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use crate::folder::folder;
use crate::support::{config, standard, strict, until};
use mcpbox_core::{
    execute::{Executor, SandboxTier},
    failure::FailureKind,
};
use mcpbox_egress::{Broker, BrokerConfig};
use mcpbox_sandbox::{Layers, Sandbox, SandboxConfig, SandboxError, find_python};
use serde_json::json;

const SLEEP: &str = "import time\ndef main():\n    time.sleep(30)\n";
const ADD: &str = "async def main():\n    return 1 + 1\n";

/// A sandbox with a runtime of its own, so that its processes can be told from those of other tests.
async fn alone(name: &str, change: impl FnOnce(&mut SandboxConfig)) -> (Arc<Sandbox>, SandboxConfig) {
    let mut config = config();
    config.data_dir = folder(name);
    config.install_base = false;
    change(&mut config);
    let broker = Broker::new(BrokerConfig::default()).unwrap();
    (Sandbox::start(config.clone(), broker, |_| {}).await.unwrap(), config)
}

fn children(parent: u32) -> Vec<u32> {
    let tasks = fs::read_dir(format!("/proc/{parent}/task")).into_iter().flatten().flatten();
    let text: String =
        tasks.map(|task| fs::read_to_string(task.path().join("children")).unwrap_or_default() + " ").collect();
    text.split_whitespace().map(|pid| pid.parse().unwrap()).collect()
}

/// The zygotes of a sandbox, found by the data directory in their guards' command lines.
fn zygotes(config: &SandboxConfig) -> Vec<u32> {
    let marker = config.data_dir.to_string_lossy().into_owned();
    let guards = children(std::process::id()).into_iter().filter(|pid| {
        fs::read(format!("/proc/{pid}/cmdline"))
            .is_ok_and(|line| String::from_utf8_lossy(&line).contains(&format!("{marker}/")))
    });
    guards.flat_map(children).collect()
}

fn busy_child(config: &SandboxConfig) -> Option<u32> {
    busy_below(zygotes(config))
}

fn busy_below(zygotes: impl IntoIterator<Item = u32>) -> Option<u32> {
    zygotes.into_iter().flat_map(children).find(|pid| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let user_ticks: u64 =
            stat.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(11)?.parse().ok()).unwrap_or(0);
        user_ticks >= 20
    })
}

#[expect(clippy::disallowed_methods, reason = "the test kills processes it started, by id")]
fn kill(pid: u32) {
    assert!(std::process::Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_zygote_fails_its_calls_and_the_next_call_works() {
    let (sandbox, config) = alone("killed", |_| {}).await;
    assert_eq!(sandbox.status().tier, SandboxTier::Full);
    let calls: Vec<_> = (0..4)
        .map(|_| {
            let sandbox = Arc::clone(&sandbox);
            tokio::spawn(async move { standard(SLEEP).failure(&sandbox).await })
        })
        .collect();
    until("four calls running", || sandbox.status().running == 4).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    for zygote in zygotes(&config) {
        kill(zygote);
    }
    for call in calls {
        let failure = call.await.unwrap();
        assert_eq!(failure.kind, FailureKind::Unavailable, "{failure:?}");
        assert!(failure.hint.unwrap().contains("may already have had effects"));
    }
    assert_eq!(strict(ADD).value(&sandbox).await, json!(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_goes_away_takes_the_process_with_it() {
    let (sandbox, config) = alone("cancelled", |_| {}).await;
    let call = tokio::spawn({
        let sandbox = Arc::clone(&sandbox);
        async move { standard("def main():\n    while True: pass\n").failure(&sandbox).await }
    });
    until("the loop running", || busy_child(&config).is_some()).await;
    let pid = busy_child(&config).unwrap();
    call.abort();
    until("its end", || !Path::new(&format!("/proc/{pid}")).exists()).await;
    assert_eq!(sandbox.status().running, 0);
    assert_eq!(strict(ADD).value(&sandbox).await, json!(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_is_refused_at_once() {
    let (sandbox, _) = alone("full", |config| {
        config.max_concurrent = 1;
        config.queue_limit = 1;
    })
    .await;
    let run = |timeout_ms| {
        let sandbox = Arc::clone(&sandbox);
        tokio::spawn(
            async move { standard(SLEEP).limits(|limits| limits.timeout_ms = timeout_ms).failure(&sandbox).await },
        )
    };
    let first = run(1500);
    until("the first running", || sandbox.status().running == 1).await;
    let second = run(100);
    until("the second waiting", || sandbox.status().queued == 1).await;
    let refused = strict(ADD).failure(&sandbox).await;
    assert_eq!(refused.kind, FailureKind::Unavailable);
    assert!(refused.hint.unwrap().contains("again"));
    assert_eq!(first.await.unwrap().kind, FailureKind::Timeout);
    assert_eq!(second.await.unwrap().kind, FailureKind::Timeout);
    assert_eq!(strict(ADD).value(&sandbox).await, json!(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_lets_short_calls_finish_and_leaves_no_process() {
    let (sandbox, config) = alone("stopping", |_| {}).await;
    let run = |source: &'static str| {
        let sandbox = Arc::clone(&sandbox);
        tokio::spawn(async move { standard(source).outcome(&sandbox).await.result })
    };
    let short = run("import time\ndef main():\n    time.sleep(0.3)\n    return 'finished'\n");
    let long = run(SLEEP);
    until("both running", || sandbox.status().running == 2).await;
    let processes = || -> Vec<u32> {
        zygotes(&config).into_iter().flat_map(|zygote| [vec![zygote], children(zygote)].concat()).collect()
    };
    until("two zygotes with two calls", || processes().len() >= 4).await;
    let pids = processes();
    let begun = Instant::now();
    sandbox.shutdown(Duration::from_secs(1)).await;
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    assert_eq!(short.await.unwrap().unwrap().value, json!("finished"));
    assert_eq!(long.await.unwrap().unwrap_err().kind, FailureKind::Cancelled);
    until("all processes gone", || pids.iter().all(|pid| !Path::new(&format!("/proc/{pid}")).exists())).await;
    assert_eq!(strict(ADD).failure(&sandbox).await.kind, FailureKind::Cancelled);
}

#[tokio::test(flavor = "multi_thread")]
async fn old_zygotes_are_replaced_without_a_failed_call() {
    let (sandbox, config) = alone("recycled", |config| config.recycle_after_calls = 5).await;
    let before = zygotes(&config);
    for _ in 0..20 {
        assert_eq!(strict(ADD).value(&sandbox).await, json!(2));
    }
    until("a zygote replaced", || {
        let now = zygotes(&config);
        before.iter().any(|zygote| !now.contains(zygote))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zygote_for_every_call_is_possible() {
    let (sandbox, _) = alone("recycled-at-once", |config| config.recycle_after_calls = 1).await;
    assert_eq!((strict(ADD).value(&sandbox).await, sandbox.notice()), (json!(2), None));
}

#[tokio::test(flavor = "multi_thread")]
async fn http_before_the_base_packages_is_a_clear_answer() {
    let (sandbox, _) = alone("baseless", |_| {}).await;
    assert!(!sandbox.status().base_ready);
    let failure =
        strict("async def main():\n    return (await http.get('http://x.de/')).text\n").failure(&sandbox).await;
    assert_eq!(failure.kind, FailureKind::Unavailable);
    assert_eq!(
        strict("import asyncio\nasync def main():\n    await asyncio.sleep(0)\n    return 1\n").value(&sandbox).await,
        json!(1)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_in_the_way_of_a_start_is_said_with_its_fix() {
    let broker = || Broker::new(BrokerConfig::default()).unwrap();
    let start = |config: SandboxConfig| async move { Sandbox::start(config, broker(), |_| {}).await.unwrap_err() };
    let missing = start(SandboxConfig { python: Some("/nowhere/python3".into()), ..config() }).await;
    assert!(
        matches!(&missing, SandboxError::PythonBroken { .. }) && missing.to_string().contains("--python"),
        "{missing}"
    );
    let broken = start(SandboxConfig { python: Some("/bin/false".into()), ..config() }).await;
    assert!(matches!(broken, SandboxError::PythonBroken { .. }), "{broken}");
    let unwritable = start(SandboxConfig { data_dir: "/proc/nowhere".into(), ..config() }).await;
    assert!(
        matches!(&unwritable, SandboxError::Runtime { .. }) && unwritable.to_string().contains("writable"),
        "{unwritable}"
    );
    let no_jail = start(SandboxConfig { jail_program: "/bin/false".into(), ..config() }).await;
    assert!(matches!(no_jail, SandboxError::Zygote(_)), "{no_jail}");
    let old = Path::new("/root/.pyenv/versions/3.8.18/bin/python3");
    if old.exists() {
        let error = find_python(Some(old)).unwrap_err();
        assert!(matches!(&error, SandboxError::PythonTooOld { .. }) && error.to_string().contains("3.11"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_tries_every_layer() {
    let reports = Sandbox::probe(&config()).await;
    assert!(reports.len() >= 24, "{reports:#?}");
    // Control groups are not everywhere ours to make.
    assert!(reports.iter().all(|report| report.ok || report.layer == "cgroup"), "{reports:#?}");
    let broken = Sandbox::probe(&SandboxConfig { python: Some("/bin/false".into()), ..config() }).await;
    assert!(
        broken.iter().any(|report| !report.ok && report.layer == "python" && !report.fix.is_empty()),
        "{broken:#?}"
    );
}

/// Where the sandbox of the killed supervisor lies; set in that process alone.
const DOOMED: &str = "MCPBOX_TEST_DOOMED";

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::disallowed_methods, reason = "the test starts itself as a supervisor to kill")]
async fn calls_die_with_a_killed_supervisor_even_without_a_pid_namespace() {
    if let Some(folder) = std::env::var_os(DOOMED) {
        let config = SandboxConfig {
            layers_for_tests: Layers::NO_NAMESPACES,
            data_dir: folder.into(),
            install_base: false,
            ..config()
        };
        let sandbox =
            Sandbox::start(config.clone(), Broker::new(BrokerConfig::default()).unwrap(), |_| {}).await.unwrap();
        let looping = standard("def main():\n    while True: pass\n");
        looping.failure(&sandbox).await;
        panic!("this process should have been killed");
    }
    let mut config = config();
    config.data_dir = folder("doomed");
    let mut supervisor = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "recovery::calls_die_with_a_killed_supervisor_even_without_a_pid_namespace"])
        .env(DOOMED, &config.data_dir)
        .spawn()
        .unwrap();
    let guards = || children(supervisor.id());
    let busy = || busy_below(guards().into_iter().flat_map(children));
    until("the loop running", || busy().is_some()).await;
    let (pid, all) = (busy().unwrap(), guards());
    kill(supervisor.id());
    supervisor.wait().unwrap();
    until("the end of the loop", || !Path::new(&format!("/proc/{pid}")).exists()).await;
    until("the end of the guards", || all.iter().all(|pid| !Path::new(&format!("/proc/{pid}")).exists())).await;
}
