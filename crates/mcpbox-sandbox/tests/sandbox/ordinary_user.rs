//! The same sandbox as an ordinary user, with user namespaces instead of root. When the tests run as root, this program starts itself
//! again as somebody else.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

use crate::support::{config, standard, strict};
use mcpbox_core::failure::FailureKind;
use mcpbox_egress::{Broker, BrokerConfig};
use mcpbox_sandbox::{Layers, Sandbox, SandboxConfig};
use serde_json::json;

/// Set in the second start: where the copied programs and the data lie.
const FOLDER: &str = "MCPBOX_TEST_USER_FOLDER";

#[tokio::test(flavor = "multi_thread")]
async fn an_ordinary_user_runs_tools_in_the_same_jail() {
    match (std::env::var_os(FOLDER), is_root()) {
        (Some(folder), _) => story(folder.into()).await,
        (None, true) => again_as_somebody_else(),
        (None, false) => story(tempfile::tempdir().unwrap().keep()).await,
    }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[expect(clippy::disallowed_methods, reason = "the test starts itself as another user")]
fn again_as_somebody_else() {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let test = folder.path().join("test");
    fs::copy(std::env::current_exe().unwrap(), &test).unwrap();
    fs::copy(env!("CARGO_BIN_EXE_mcpbox-jail-entry"), folder.path().join("jail")).unwrap();
    let status = std::process::Command::new("setpriv")
        .args(["--reuid=61234", "--regid=61234", "--clear-groups", "--inh-caps=-all"])
        .arg(&test)
        .args(["--exact", "ordinary_user::an_ordinary_user_runs_tools_in_the_same_jail", "--nocapture"])
        .env(FOLDER, folder.path())
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("HOME", folder.path())
        .current_dir("/")
        .status()
        .unwrap();
    assert!(status.success(), "the story of the ordinary user failed");
}

async fn story(folder: PathBuf) {
    assert!(!is_root());
    let copied = folder.join("jail");
    let jail_program = if copied.exists() { copied } else { config().jail_program };
    let config = SandboxConfig {
        data_dir: folder.join("data"),
        python: None,
        jail_program,
        install_base: false,
        ..SandboxConfig::default()
    };
    let reports = Sandbox::probe(&config).await;
    assert!(reports.iter().all(|report| report.ok), "{reports:#?}");
    let tier_2 = SandboxConfig { layers_for_tests: Layers::NO_NAMESPACES, ..config.clone() };
    for config in [config, tier_2] {
        calls_run_and_the_jail_holds(config).await;
    }
}

async fn calls_run_and_the_jail_holds(config: SandboxConfig) {
    let sandbox = Sandbox::start(config, Broker::new(BrokerConfig::default()).unwrap(), |_| {}).await.unwrap();
    for _ in 0..4 {
        assert_eq!(
            strict("async def main(a: int):\n    return a + 1\n").arguments(json!({"a": 1})).value(&sandbox).await,
            json!(2)
        );
    }
    standard("def main():\n    while True: pass\n")
        .limits(|limits| limits.timeout_ms = 500)
        .fails_as(&sandbox, FailureKind::Timeout)
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
        assert_eq!(standard(&source).value(&sandbox).await, json!("refused"), "{attempt}");
    }
    sandbox.shutdown(std::time::Duration::from_secs(1)).await;
}
