//! Tools that speak HTTP, against real servers in a network of the test's own: the test starts itself again in a network
//! namespace where a private and a public address lie on the one interface there is.

mod guests;
mod plain;
mod proxy;
mod secrets;
mod server;
mod streams;

use std::{future::Future, net::IpAddr, sync::Arc};

use mcpbox_core::{
    capability::HostRule,
    execute::{BoxFuture, UnsealedSecret},
    name::SecretKey,
    secret::SecretMode,
};
use mcpbox_egress::{Broker, BrokerConfig, NameResolution, Resolve, ResolveError};
use mcpbox_sandbox::{Sandbox, SandboxConfig};

use crate::support::{Run, config};

/// A private address in the namespace.
pub(crate) const LAN: &str = "10.99.0.1";
/// A public one; `api.test` resolves to it.
pub(crate) const PUBLIC: &str = "93.184.216.34";

const MARK: &str = "MCPBOX_SANDBOX_TEST_NAMESPACE";
const SETUP: &str = "ip link set lo up && ip addr add 10.99.0.1/24 dev lo && ip addr add 93.184.216.34/32 dev lo \
    && exec \"$0\" \"$@\"";

/// Runs the test's body in a namespace. `name` is the test's full name.
#[expect(clippy::disallowed_methods, reason = "a test starts itself again")]
pub(crate) fn in_namespace<F: Future<Output = ()>>(name: &str, body: impl FnOnce() -> F) {
    if std::env::var_os(MARK).is_some() {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        return runtime.block_on(body());
    }
    let user: &[&str] = match rustix::process::geteuid().is_root() {
        true => &[],
        false => &["--user", "--map-current-user", "--keep-caps"],
    };
    let output = std::process::Command::new("unshare")
        .args(user)
        .args(["--net", "sh", "-c", SETUP])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .env(MARK, "1")
        .output()
        .expect("unshare (util-linux) and ip (iproute2) are needed for these tests");
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && text.contains("1 passed"), "in the namespace:\n{text}");
}

/// `api.test` and `other.test` are public, `nas.test` is in the LAN, `home.test` is loopback.
struct Names;

impl Resolve for Names {
    fn resolve<'a>(&'a self, host: &'a str) -> BoxFuture<'a, Result<Vec<IpAddr>, ResolveError>> {
        let address = match host {
            "api.test" | "other.test" => Some(PUBLIC),
            "nas.test" => Some(LAN),
            "home.test" => Some("127.0.0.1"),
            _ => None,
        };
        let found = address.map(|text| vec![text.parse().unwrap()]).ok_or(ResolveError::NoAddress);
        Box::pin(async move { found })
    }
}

/// A sandbox whose broker knows the names above. The base packages were installed by an earlier start, outside.
pub(crate) async fn sandbox_here(change: impl FnOnce(BrokerConfig) -> BrokerConfig) -> Arc<Sandbox> {
    sandbox_with(config(), change).await
}

/// The same with another configuration.
pub(crate) async fn sandbox_with(
    config: SandboxConfig,
    change: impl FnOnce(BrokerConfig) -> BrokerConfig,
) -> Arc<Sandbox> {
    let names = NameResolution::Custom(Arc::new(Names));
    let broker = Broker::new(change(BrokerConfig { names, ..BrokerConfig::default() })).unwrap();
    Sandbox::start(SandboxConfig { install_base: false, ..config }, broker, |_| {}).await.unwrap()
}

/// The base packages must be installed where there is a network, before the namespace is entered.
pub(crate) fn install_base() {
    if std::env::var_os(MARK).is_none() {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let sandbox = crate::support::sandbox().await;
            sandbox.shutdown(std::time::Duration::from_secs(1)).await;
        });
    }
}

impl Run {
    /// With these hosts granted.
    pub(crate) fn hosts(mut self, hosts: &[&str]) -> Self {
        self.execution.hosts = hosts.iter().map(|host| HostRule::parse(host).unwrap()).collect();
        self
    }

    /// With a sealed secret bound to these hosts.
    pub(crate) fn sealed(mut self, key: &str, value: &str, hosts: &[&str]) -> Self {
        self.execution.secrets.push(UnsealedSecret {
            key: SecretKey::parse(key).unwrap(),
            value: value.to_owned().into(),
            mode: SecretMode::Sealed,
            hosts: hosts.iter().map(|host| HostRule::parse(host).unwrap()).collect(),
        });
        self
    }
}
