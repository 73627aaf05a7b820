//! A network of the test's own: loopback is never reached.

use std::future::Future;

/// The address of the test's own network.
pub(crate) const LAN: &str = "10.99.0.1";
const MARK: &str = "MCPBOX_SOURCE_TEST_NAMESPACE";
const SETUP: &str = "ip link set lo up && ip addr add 10.99.0.1/24 dev lo && exec \"$0\" \"$@\"";

/// Runs the body of the test of this name in a network namespace of its own.
#[expect(clippy::disallowed_methods, reason = "a test starts itself again")]
pub(crate) fn in_namespace<F: Future<Output = ()>>(name: &str, body: impl FnOnce() -> F) {
    if std::env::var_os(MARK).is_some() {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        return runtime.block_on(body());
    }
    let output = std::process::Command::new("unshare")
        .args(["--user", "--map-root-user", "--net", "sh", "-c", SETUP])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .env(MARK, "1")
        .output()
        .expect("unshare (util-linux) and ip (iproute2) are needed for these tests");
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && text.contains("1 passed"), "in the namespace:\n{text}");
}
