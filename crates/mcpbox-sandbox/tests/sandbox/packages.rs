//! Granted packages, for real: resolved and installed from the index that this machine is set up for. A machine without one
//! fails these tests; nothing here can be shown without it.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::Mutex,
    time::Instant,
};

use mcpbox_core::{
    execute::{Environment, Executor, HostOutcome, LockedEnvironment, Resolved},
    failure::FailureKind,
    package::{PackageLock, PackageOrigin, Requirements, VulnerabilityCheck},
};
use mcpbox_egress::{Broker, BrokerConfig};
use mcpbox_sandbox::{Sandbox, SandboxConfig};
use serde_json::json;
use tempfile::TempDir;

use crate::support::{Run, config, sandbox, sandbox_with, standard, strict};

fn requirements(texts: &[&str]) -> Requirements {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

async fn resolved(sandbox: &Sandbox, texts: &[&str]) -> Resolved {
    let answer = sandbox.resolve(&requirements(texts)).await;
    answer.unwrap_or_else(|reason| panic!("does this machine reach its package index? {reason}"))
}

async fn installed(sandbox: &Sandbox, lock: &PackageLock) -> LockedEnvironment {
    let environment = LockedEnvironment { lock: lock.hash.clone(), network: false };
    let heard = Mutex::new(Vec::new());
    let answer = sandbox.install(environment.clone(), lock, &|line| heard.lock().unwrap().push(line.to_owned())).await;
    answer.unwrap_or_else(|reason| panic!("{reason}\n{:#?}", heard.lock().unwrap()));
    environment
}

fn within(mut run: Run, environment: &LockedEnvironment, modules: &[&str]) -> Run {
    let program = std::sync::Arc::get_mut(&mut run.execution.program).unwrap();
    program.environment = Environment::Locked(environment.clone());
    program.modules.extend(modules.iter().flat_map(|module| [(*module).to_owned(), format!("{module}.*")]));
    run
}

const USE_ALL: &str = r#"
import io
import bs4, lxml.etree, pandas, requests, yaml

async def main() -> dict:
    table = pandas.read_csv(io.StringIO("city,celsius\nOslo,3\nRom,21\n"))
    soup = bs4.BeautifulSoup("<p>one</p><p>two</p>", "lxml")
    return {
        "mean": float(table["celsius"].mean()),
        "grouped": table.groupby("city")["celsius"].sum().to_dict(),
        "yaml": yaml.safe_load("a: [1, 2]"),
        "paragraphs": [p.text for p in soup.find_all("p")],
        "xpath": lxml.etree.fromstring("<r><x>7</x></r>").xpath("string(x)"),
        "url": requests.Request("GET", "https://x.example/", params={"q": "ä"}).prepare().url,
    }
"#;

#[tokio::test]
async fn pandas_pyyaml_requests_beautifulsoup_and_lxml_work() {
    let sandbox = sandbox().await;
    let began = Instant::now();
    let wanted = ["pandas", "pyyaml", "requests", "beautifulsoup4", "lxml"];
    let resolved = resolved(&sandbox, &wanted).await;
    let resolve_time = began.elapsed();
    check_shown(&resolved, &wanted);

    forget_environments_with(&crate::support::data_dir(), "pandas");
    let began = Instant::now();
    let environment = installed(&sandbox, &resolved.lock).await;
    let install_time = began.elapsed();
    let run = || within(strict(USE_ALL), &environment, &["bs4", "lxml", "pandas", "requests", "yaml", "io"]);
    let expected = json!({
        "mean": 12.0, "grouped": {"Oslo": 3, "Rom": 21}, "yaml": {"a": [1, 2]}, "paragraphs": ["one", "two"], "xpath": "7",
        "url": "https://x.example/?q=%C3%A4",
    });
    assert_eq!(run().value(&sandbox).await, expected);
    // The packages were loaded before the call, so its memory limit counts from there, and numpy started no threads.
    let small = within(
        standard("import pandas\ndef main():\n    return len(pandas.DataFrame({'a': range(1000)}))"),
        &environment,
        &[],
    );
    assert_eq!(small.limits(|limits| limits.memory_bytes = 64 << 20).value(&sandbox).await, json!(1000));
    let greedy = within(standard("def main():\n    return len(bytearray(128 << 20))"), &environment, &[]);
    greedy.limits(|limits| limits.memory_bytes = 64 << 20).fails_as(&sandbox, FailureKind::Memory).await;

    // The same files with a network: requests asks the proxy, which knows the grants. Without, it finds no network at all.
    let online = LockedEnvironment { network: true, ..environment.clone() };
    sandbox.install(online.clone(), &resolved.lock, &|_| {}).await.unwrap();
    let fetch = "import requests\ndef main():\n    return requests.get('http://not-granted.example/').status_code";
    let refused = within(standard(fetch), &online, &[]).outcome(&sandbox).await;
    assert_eq!(refused.result.unwrap().value, json!(403));
    let attempts: Vec<_> =
        refused.observed.hosts.iter().map(|attempt| (attempt.host.as_str(), attempt.outcome)).collect();
    assert_eq!(attempts, [("not-granted.example", HostOutcome::Denied)]);
    within(standard(fetch), &environment, &[]).fails_as(&sandbox, FailureKind::Exception).await;

    // Processes that end are started again, with all packages loaded: the cold start.
    let began = Instant::now();
    installed(&sandbox, &resolved.lock).await;
    let start_time = began.elapsed();
    let trivial = || within(strict("def main() -> int:\n    return 1"), &environment, &[]);
    let mut times = Vec::new();
    for _ in 0..30 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        let began = Instant::now();
        assert_eq!(trivial().value(&sandbox).await, json!(1));
        times.push(began.elapsed());
    }
    times.sort();
    eprintln!(
        "resolve {resolve_time:?}, install {install_time:?}, check and cold zygote {start_time:?}, trivial call p50 {:?}",
        times[15]
    );
}

fn check_shown(resolved: &Resolved, wanted: &[&str]) {
    assert!(resolved.lock.is_sound());
    for name in wanted {
        let package =
            resolved.packages.iter().find(|package| package.name == *name).unwrap_or_else(|| panic!("{name}"));
        assert_eq!(package.origin, PackageOrigin::Requested);
        assert!(package.license.is_some() && package.size_bytes.is_some_and(|size| size > 10_000), "{package:?}");
        assert!(matches!(
            &package.vulnerabilities,
            VulnerabilityCheck::Checked { .. } | VulnerabilityCheck::NotChecked { .. }
        ));
        assert!(resolved.lock.text.contains(&format!("{name}=={} \\\n    --hash=sha256:", package.version)), "{name}");
    }
    let origin =
        |name: &str| resolved.packages.iter().find(|package| package.name == name).map(|package| package.origin);
    assert_eq!((origin("numpy"), origin("httpx")), (Some(PackageOrigin::Dependency), Some(PackageOrigin::Base)));
}

/// Removes what an earlier run installed, so that this one installs it.
fn forget_environments_with(data_dir: &Path, module: &str) {
    for environment in environments(data_dir).into_iter().filter(|environment| environment.join(module).is_dir()) {
        fs::remove_dir_all(environment).unwrap();
    }
}

fn environments(data_dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(data_dir.join("runtime")).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.is_dir() && path.file_name().unwrap().to_str().unwrap().starts_with("env-")).collect()
}

async fn own_sandbox(room: &TempDir) -> std::sync::Arc<Sandbox> {
    let broker = mcpbox_egress::Broker::new(mcpbox_egress::BrokerConfig::default()).unwrap();
    let config = SandboxConfig { data_dir: room.path().to_owned(), install_base: false, ..config() };
    Sandbox::start(config, broker, |line| eprintln!("{line}")).await.unwrap()
}

#[tokio::test]
async fn what_cannot_be_resolved_says_why() {
    let sandbox = sandbox().await;
    let reason = sandbox.resolve(&requirements(&["mcpbox-no-such-package-anywhere"])).await.unwrap_err();
    assert!(reason.contains("mcpbox-no-such-package-anywhere"), "{reason}");
    let reason = sandbox.resolve(&requirements(&["pyyaml>=6", "pyyaml<5"])).await.unwrap_err();
    assert!(reason.contains("unsatisfiable") || reason.contains("incompatible"), "{reason}");
    for evil in ["--index-url=http://127.0.0.1/", "-r /etc/passwd", "pyyaml @ file:///tmp/x.whl", "../x"] {
        let reason = sandbox.resolve(&requirements(&[evil])).await.unwrap_err();
        assert!(reason.contains("is no package"), "{reason}");
    }
}

#[tokio::test]
async fn a_wheel_that_is_not_what_the_lock_names_is_refused() {
    let room = tempfile::tempdir().unwrap();
    let sandbox = own_sandbox(&room).await;
    let resolved = resolved(&sandbox, &["pyyaml"]).await;
    let forged = resolved.lock.text.lines().map(|line| match line.split_once("--hash=sha256:") {
        Some((before, hash)) => format!("{before}--hash=sha256:{}{}\n", "0".repeat(8), &hash[8..]),
        None => format!("{line}\n"),
    });
    let forged = PackageLock::new(forged.collect(), resolved.lock.roots.clone());
    let environment = LockedEnvironment { lock: forged.hash.clone(), network: false };
    let reason = sandbox.install(environment.clone(), &forged, &|_| {}).await.unwrap_err();
    assert!(reason.contains("cannot be installed") && reason.to_lowercase().contains("hash"), "{reason}");
    let changed = PackageLock { text: resolved.lock.text.clone(), ..forged };
    let reason = sandbox.install(environment.clone(), &changed, &|_| {}).await.unwrap_err();
    assert!(reason.contains("not what was approved"), "{reason}");
    assert_eq!(environments(room.path()), Vec::<PathBuf>::new());
    let run = within(strict("def main():\n    return 1"), &environment, &[]);
    assert!(run.fails_as(&sandbox, FailureKind::Unavailable).await.contains("not installed"));
}

#[tokio::test]
async fn files_that_were_changed_on_disk_are_never_loaded() {
    let room = tempfile::tempdir().unwrap();
    let first = own_sandbox(&room).await;
    let lock = resolved(&first, &["pyyaml"]).await.lock;
    let environment = installed(&first, &lock).await;
    let run = || within(strict("import yaml\ndef main():\n    return yaml.safe_load('1')"), &environment, &["yaml"]);
    assert_eq!(run().value(&first).await, json!(1));
    first.shutdown(std::time::Duration::ZERO).await;

    // Nobody touched it: it is used again without an index. Then somebody does.
    let second = own_sandbox(&room).await;
    installed(&second, &lock).await;
    assert_eq!(run().value(&second).await, json!(1));
    second.shutdown(std::time::Duration::ZERO).await;
    let site = environments(room.path()).pop().unwrap();
    fs::write(site.join("yaml/__init__.py"), "def safe_load(text):\n    return 'owned'\n").unwrap();
    let third = own_sandbox(&room).await;
    let reason = third.install(environment.clone(), &lock, &|_| {}).await.unwrap_err();
    assert!(reason.contains("yaml/__init__.py was changed after installation"), "{reason}");
    run().fails_as(&third, FailureKind::Unavailable).await;

    // Deleted, as the log says, it comes back from the lock.
    fs::remove_dir_all(&site).unwrap();
    installed(&third, &lock).await;
    assert_eq!(run().value(&third).await, json!(1));
}

#[tokio::test]
async fn a_change_while_processes_run_stops_the_next_start() {
    let room = tempfile::tempdir().unwrap();
    let broker = mcpbox_egress::Broker::new(mcpbox_egress::BrokerConfig::default()).unwrap();
    let config =
        SandboxConfig { data_dir: room.path().to_owned(), install_base: false, recycle_after_calls: 4, ..config() };
    let sandbox = Sandbox::start(config, broker, |_| {}).await.unwrap();
    let lock = resolved(&sandbox, &["pyyaml"]).await.lock;
    let environment = installed(&sandbox, &lock).await;
    let site = environments(room.path()).pop().unwrap();
    fs::write(site.join("added.py"), "").unwrap();
    // Children of the old zygote may still answer; a few calls use it up, and no new one starts.
    let mut message = String::new();
    for _ in 0..40 {
        let run = within(strict("def main():\n    return 1"), &environment, &[]);
        if let Err(failure) = run.outcome(&sandbox).await.result {
            message = failure.message;
            break;
        }
    }
    assert!(message.contains("added.py was added after installation"), "{message}");
}

#[tokio::test]
async fn environments_are_shared_bounded_and_come_back() {
    let sandbox = sandbox_with(SandboxConfig { max_environments: 1, ..config() }).await;
    let one = installed(&sandbox, &resolved(&sandbox, &["pyyaml"]).await.lock).await;
    let two = installed(&sandbox, &resolved(&sandbox, &["pyyaml>=6"]).await.lock).await;
    let pid = "import os\ndef main():\n    return os.getpid()";
    for environment in [&one, &two, &one, &two] {
        assert!(within(standard(pid), environment, &[]).value(&sandbox).await.is_number());
    }
    let parked = sandbox.status().parked;
    assert!(parked <= 2 * 16 + 16, "the pool of the environment that made room keeps no processes: {parked}");
}

#[tokio::test]
async fn an_idle_environment_gives_its_processes_up_and_gets_them_back() {
    let idle = std::time::Duration::from_secs(1);
    let sandbox = sandbox_with(SandboxConfig { environment_idle: idle, ..config() }).await;
    let environment = installed(&sandbox, &resolved(&sandbox, &["pyyaml"]).await.lock).await;
    let evicted = || {
        let metrics = sandbox.metrics();
        let counts = metrics.lines().filter(|line| line.starts_with("mcpbox_sandbox_evicted_total{"));
        counts.map(|line| line.rsplit(' ').next().unwrap().parse::<u32>().unwrap()).sum::<u32>()
    };
    let run = || within(strict("import yaml\ndef main():\n    return yaml.safe_load('1')"), &environment, &["yaml"]);
    let long = "import time\ndef main():\n    time.sleep(1.6)\n    return 1";
    for round in 1..=2 {
        assert_eq!(run().value(&sandbox).await, json!(1));
        assert_eq!(within(standard(long), &environment, &[]).value(&sandbox).await, json!(1));
        assert_eq!(evicted(), round - 1, "its processes were let go while it was in use");
        let used = Instant::now();
        while evicted() < round {
            assert!(used.elapsed() < idle * 20, "its processes stayed: {}", sandbox.metrics());
            tokio::time::sleep(idle / 20).await;
        }
    }
    assert_eq!(run().value(&sandbox).await, json!(1));
}

#[tokio::test]
async fn what_nobody_wants_or_uses_gives_its_disk_back_and_is_installed_again() {
    let room = tempfile::tempdir().unwrap();
    let here = SandboxConfig { data_dir: room.path().to_owned(), install_base: false, max_environments: 1, ..config() };
    let broker = Broker::new(BrokerConfig::default()).unwrap();
    let sandbox = Sandbox::start(here, broker, |_| {}).await.unwrap();
    let lock = resolved(&sandbox, &["pyyaml"]).await.lock;
    let idle = installed(&sandbox, &lock).await;
    let used = installed(&sandbox, &resolved(&sandbox, &["six"]).await.lock).await; // takes the processes of the first
    let run = |environment| within(standard("def main():\n    return 1"), environment, &[]);
    let [long_ago, some_day] = [0, 4_000_000_000].map(|second| chrono::DateTime::from_timestamp(second, 0).unwrap());
    let nobody = BTreeSet::new();
    assert_eq!(sandbox.remove_unused(&nobody, long_ago).await, 0, "both were used since");
    assert_eq!(
        sandbox.remove_unused(&BTreeSet::from([lock.hash.clone()]), some_day).await,
        0,
        "one is wanted, one in use"
    );
    assert_eq!(sandbox.remove_unused(&nobody, some_day).await, 1);
    assert_eq!(run(&used).value(&sandbox).await, json!(1));
    run(&idle).fails_as(&sandbox, FailureKind::Unavailable).await;
    installed(&sandbox, &lock).await;
    assert_eq!(run(&idle).value(&sandbox).await, json!(1));
}
