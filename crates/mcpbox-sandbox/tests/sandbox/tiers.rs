//! The tiers, each in a world in which it is really the best one: this program starts itself again as another user, without user
//! namespaces, or where system calls answer as they do on a machine that lacks them.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf, time::Duration};

use crate::support::{config, standard, strict};
use mcpbox_core::{
    execute::{Executor, SandboxTier},
    failure::FailureKind,
};
use mcpbox_egress::{Broker, BrokerConfig};
use mcpbox_sandbox::{Sandbox, SandboxConfig, SandboxError};
use serde_json::json;

/// Set in the second start: where the copied programs and the data lie.
const FOLDER: &str = "MCPBOX_TEST_USER_FOLDER";

/// Somebody without any right; `setpriv` from root leaves nothing.
const ORDINARY: [&str; 5] = ["setpriv", "--reuid=61234", "--regid=61234", "--clear-groups", "--inh-caps=-all"];
/// In a user namespace in which no further one can be made, and without the capabilities it came with.
const NO_USER_NAMESPACES: [&str; 7] = [
    "unshare",
    "--user",
    "--map-current-user",
    "--keep-caps",
    "sh",
    "-c",
    "echo 0 > /proc/sys/user/max_user_namespaces && exec setpriv --inh-caps=-all --ambient-caps=-all --bounding-set=-all \
     --no-new-privs \"$0\" \"$@\"",
];

/// Runs this very test again behind the words of `world`, each a program that goes on with the rest of the line. `None` in there.
#[expect(clippy::disallowed_methods, reason = "the test starts itself in another world")]
fn enter(test: &str, worlds: &[&[&str]]) -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return Some(folder.into());
    }
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
    fs::copy(std::env::current_exe().unwrap(), folder.path().join("test")).unwrap();
    fs::copy(env!("CARGO_BIN_EXE_mcpbox-jail-entry"), folder.path().join("jail")).unwrap();
    fs::write(folder.path().join("deny.py"), include_str!("tiers/deny.py")).unwrap();
    let program = folder.path().join("test").display().to_string();
    let words =
        worlds.concat().into_iter().map(|word| word.replace("DENY", &format!("{}/deny.py", folder.path().display())));
    let mut words = words.collect::<Vec<_>>();
    words.extend([program, "--exact".into(), format!("tiers::{test}"), "--nocapture".into()]);
    let status = std::process::Command::new(&words[0])
        .args(&words[1..])
        .env(FOLDER, folder.path())
        .env("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin")
        .env("HOME", folder.path())
        .current_dir("/")
        .status()
        .unwrap();
    assert!(status.success(), "the story in {words:?} failed");
    None
}

/// The words that make an ordinary user of root; none are needed for an ordinary user.
fn ordinary() -> &'static [&'static str] {
    if is_root() { &ORDINARY } else { &[] }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn config_in(folder: &std::path::Path) -> SandboxConfig {
    SandboxConfig {
        data_dir: folder.join("data"),
        python: None,
        jail_program: folder.join("jail"),
        install_base: false,
        ..config()
    }
}

async fn start(config: SandboxConfig) -> Result<std::sync::Arc<Sandbox>, SandboxError> {
    Sandbox::start(config, Broker::new(BrokerConfig::default()).unwrap(), |_| {}).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ordinary_user_with_user_namespaces_has_tier_1() {
    let test = "an_ordinary_user_with_user_namespaces_has_tier_1";
    let Some(folder) = enter(test, &[ordinary()]) else { return };
    let config = config_in(&folder);
    let reports = Sandbox::probe(&config).await;
    assert!(reports.iter().all(|report| report.ok || report.layer == "cgroup"), "{reports:#?}");
    let sandbox = start(config).await.unwrap();
    assert_eq!((sandbox.status().tier, sandbox.notice()), (SandboxTier::Full, None));
    calls_run_and_the_jail_holds(&sandbox).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_user_namespaces_there_is_tier_2() {
    let Some(folder) = enter("without_user_namespaces_there_is_tier_2", &[ordinary(), &NO_USER_NAMESPACES]) else {
        return;
    };
    has_tier_2(&folder, "max_user_namespaces").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_the_seccomp_profile_of_a_container_there_is_tier_2() {
    let test = "behind_the_seccomp_profile_of_a_container_there_is_tier_2";
    let Some(folder) = enter(test, &[ordinary(), &["python3", "DENY", "unshare=EPERM", "mount=EPERM", "--"]]) else {
        return;
    };
    has_tier_2(&folder, "seccomp profile").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_user_namespaces_give_no_rights_there_is_tier_2() {
    let test = "where_user_namespaces_give_no_rights_there_is_tier_2";
    let Some(folder) = enter(test, &[ordinary(), &["python3", "DENY", "mount=EACCES", "--"]]) else { return };
    has_tier_2(&folder, "seccomp profile").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_landlock_nothing_starts_unless_agreed_to() {
    let test = "without_landlock_nothing_starts_unless_agreed_to";
    let world = ["python3", "DENY", "landlock_create_ruleset=ENOSYS", "--"];
    let Some(folder) = enter(test, &[ordinary(), &world]) else { return };
    refuses_unless_agreed_to(&folder, &["landlock", "Linux 6.12 or newer"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_seccomp_nothing_starts_unless_agreed_to() {
    let test = "without_seccomp_nothing_starts_unless_agreed_to";
    let Some(folder) = enter(test, &[ordinary(), &["python3", "DENY", "seccomp=EINVAL", "--"]]) else { return };
    refuses_unless_agreed_to(&folder, &["seccomp", "CONFIG_SECCOMP_FILTER"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_namespaces_and_landlock_both_are_named() {
    let test = "without_namespaces_and_landlock_both_are_named";
    let world = ["python3", "DENY", "unshare=ENOSPC", "landlock_create_ruleset=ENOSYS", "--"];
    let Some(folder) = enter(test, &[ordinary(), &world]) else { return };
    refuses_unless_agreed_to(&folder, &["namespaces", "max_user_namespaces", "landlock"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn root_has_no_tier_2() {
    if !is_root() {
        return; // only root can be root
    }
    let world = ["python3", "DENY", "unshare=EPERM", "--"];
    let Some(folder) = enter("root_has_no_tier_2", &[&world]) else { return };
    // As the product makes it: nobody but root reaches what lies in there.
    fs::create_dir(folder.join("data")).unwrap();
    fs::set_permissions(folder.join("data"), fs::Permissions::from_mode(0o700)).unwrap();
    let detail = refuses_unless_agreed_to(&folder, &["namespaces", "a user other than root"]).await;
    assert!(detail.contains("capabilities") && !detail.contains("landlock"), "no more is given up: {detail}");
}

#[tokio::test(flavor = "multi_thread")]
async fn root_of_a_container_without_capabilities_has_no_tier_2_either() {
    if !is_root() {
        return; // only root can be root
    }
    let test = "root_of_a_container_without_capabilities_has_no_tier_2_either";
    let world = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "python3", "DENY", "unshare=ENOSYS", "--"];
    let Some(folder) = enter(test, &[&world]) else { return };
    refuses_unless_agreed_to(&folder, &["namespaces", "a user other than root"]).await;
}

async fn has_tier_2(folder: &std::path::Path, why: &str) {
    let config = config_in(folder);
    let reports = Sandbox::probe(&config).await;
    let weak = reports.iter().filter(|report| !report.ok).map(|report| report.layer.as_str());
    let weak: Vec<&str> = weak.filter(|layer| *layer != "cgroup").collect();
    assert_eq!(weak, ["namespaces", "root", "tier"], "{reports:#?}");
    assert!(reports.iter().all(|report| report.ok || !report.mandatory && !report.fix.is_empty()), "{reports:#?}");
    let sandbox = start(config).await.unwrap();
    assert_eq!(sandbox.status().tier, SandboxTier::NoNamespaces);
    assert!(sandbox.status().detail.starts_with("Tier 2"), "{}", sandbox.status().detail);
    let notice = sandbox.notice().unwrap();
    assert!(notice.contains(why) && notice.contains("tier 2"), "{notice}");
    nothing_can_be_written(&sandbox).await;
    calls_run_and_the_jail_holds(&sandbox).await;
}

/// Without a mount there is no `/tmp` of a bounded size that only one call sees; so there is none, and the failure says so.
async fn nothing_can_be_written(sandbox: &Sandbox) {
    for attempt in [
        "open('/tmp/x', 'w')",
        "open('/dev/shm/x', 'w')",
        "os.open('/tmp', os.O_TMPFILE | os.O_RDWR)",
        "open(os.path.join(os.path.dirname(os.__file__), 'x'), 'w')",
        "os.mkdir('x')",
        "os.listdir('/tmp')",
    ] {
        let source = format!("import os\ndef main():\n    return repr({attempt})\n");
        let failure = standard(&source).failure(sandbox).await;
        assert!(failure.hint.as_ref().is_some_and(|hint| hint.contains("BytesIO")), "{attempt}: {failure:?}");
    }
    let failure = standard("import tempfile\ndef main():\n    tempfile.TemporaryFile()\n").failure(sandbox).await;
    assert!(failure.hint.as_ref().is_some_and(|hint| hint.contains("no /tmp")), "{failure:?}");
}

/// Returns what the status says once it was agreed to.
async fn refuses_unless_agreed_to(folder: &std::path::Path, words: &[&str]) -> String {
    let config = config_in(folder);
    let refusal = start(config.clone()).await.unwrap_err().to_string();
    for word in words.iter().chain(&["refuses to start", "--insecure-no-sandbox"]) {
        assert!(refusal.contains(word), "{refusal}");
    }
    let reports = Sandbox::probe(&config).await;
    assert!(
        reports.iter().any(|report| !report.ok && report.mandatory && report.fix.contains(words[1])),
        "{reports:#?}"
    );
    assert!(reports.iter().any(|report| !report.ok && report.mandatory && report.layer == "tier"), "{reports:#?}");
    let sandbox = start(SandboxConfig { insecure_no_sandbox: true, ..config }).await.unwrap();
    let status = sandbox.status();
    assert_eq!(status.tier, SandboxTier::None);
    assert!(status.detail.starts_with("INSECURE") && status.detail.contains(words[0]), "{}", status.detail);
    assert!(sandbox.notice().unwrap().contains("INSECURE"));
    assert_eq!(strict("async def main():\n    return 1\n").value(&sandbox).await, json!(1));
    sandbox.shutdown(Duration::from_secs(1)).await;
    status.detail
}

async fn calls_run_and_the_jail_holds(sandbox: &Sandbox) {
    for _ in 0..4 {
        assert_eq!(
            strict("async def main(a: int):\n    return a + 1\n").arguments(json!({"a": 1})).value(sandbox).await,
            json!(2)
        );
    }
    standard("def main():\n    while True: pass\n")
        .limits(|limits| limits.timeout_ms = 500)
        .fails_as(sandbox, FailureKind::Timeout)
        .await;
    for attempt in [
        "open('/etc/passwd')",
        "os.listdir('/proc')",
        "os.fork()",
        "os.kill(1, 0)",
        "os.kill(os.getppid(), 0)",
        "__import__('socket').socket()",
        "open('/x', 'w')",
    ] {
        let source = format!(
            "import os\ndef main():\n    try:\n        return repr({attempt})\n    except OSError:\n        return 'refused'\n"
        );
        assert_eq!(standard(&source).value(sandbox).await, json!("refused"), "{attempt}");
    }
    sandbox.shutdown(Duration::from_secs(1)).await;
}
