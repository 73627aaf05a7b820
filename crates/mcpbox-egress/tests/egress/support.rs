//! A network of the test's own: the test binary starts itself again inside fresh user and network namespaces, where
//! public and private addresses can be put on the one interface there is. Works without root; nothing gets out.

pub(crate) mod server;

use std::{
    collections::HashMap,
    future::Future,
    net::IpAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use mcpbox_core::{
    capability::HostRule,
    execute::{BoxFuture, UnsealedSecret},
    name::SecretKey,
    secret::SecretMode,
};
use mcpbox_egress::{
    Broker, BrokerConfig, FetchError, FetchErrorKind, FetchRequest, NameResolution, Resolve, ResolveError, Session,
    SessionGrants,
};
use secrecy::SecretString;

/// A private address in the namespace; the whole 10.99.0.0/24 is local there.
pub(crate) const LAN: &str = "10.99.0.1";
/// Public addresses in the namespace.
pub(crate) const PUBLIC: &str = "93.184.216.34";
pub(crate) const PUBLIC_2: &str = "93.184.216.35";
pub(crate) const PUBLIC_6: &str = "2606:4700::1";

const MARK: &str = "MCPBOX_EGRESS_TEST_NAMESPACE";
const SETUP: &str = "ip link set lo up && ip addr add 10.99.0.1/24 dev lo && ip addr add 93.184.216.34/32 dev lo \
    && ip addr add 93.184.216.35/32 dev lo && ip -6 addr add 2606:4700::1/128 dev lo nodad";

/// Runs the test's body in namespaces of its own. `name` is the test's full name.
pub(crate) fn in_namespace<F: Future<Output = ()>>(name: &str, body: impl FnOnce() -> F) {
    in_namespace_with_files(name, &[], body);
}

/// The same, with other contents of some files.
#[expect(clippy::disallowed_methods, reason = "a test starts itself again")]
pub(crate) fn in_namespace_with_files<F: Future<Output = ()>>(
    name: &str,
    files: &[(&str, &str)],
    body: impl FnOnce() -> F,
) {
    if std::env::var_os(MARK).is_some() {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        return runtime.block_on(body());
    }
    let mut script = SETUP.to_owned();
    let folder = std::env::temp_dir().join(format!("mcpbox-egress-{}-{}", std::process::id(), name.replace("::", "-")));
    std::fs::create_dir_all(&folder).unwrap();
    for (index, (path, text)) in files.iter().enumerate() {
        let file = folder.join(index.to_string());
        std::fs::write(&file, text).unwrap();
        script.push_str(&format!(" && mount --bind '{}' \"$(realpath {path})\"", file.display()));
    }
    script.push_str(" && exec \"$0\" \"$@\"");
    let output = std::process::Command::new("unshare")
        .args(["--user", "--map-root-user", "--net", "--mount", "sh", "-c", &script])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .env(MARK, "1")
        .output()
        .expect("unshare (util-linux) and ip (iproute2) are needed for these tests");
    std::fs::remove_dir_all(&folder).unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && text.contains("1 passed"), "in the namespace:\n{text}");
}

/// Names as a test gives them: per name a list of answers, the last one repeated.
#[derive(Default)]
pub(crate) struct Names {
    answers: HashMap<String, Vec<Vec<IpAddr>>>,
    asked: Mutex<HashMap<String, usize>>,
}

impl Names {
    pub(crate) fn new(entries: &[(&str, &[&str])]) -> Self {
        let mut names = Self::default();
        for (name, addresses) in entries {
            let addresses = addresses.iter().map(|text| text.parse().unwrap()).collect();
            names.answers.entry((*name).to_owned()).or_default().push(addresses);
        }
        names
    }
}

impl Resolve for Names {
    fn resolve<'a>(&'a self, host: &'a str) -> BoxFuture<'a, Result<Vec<IpAddr>, ResolveError>> {
        let mut asked = self.asked.lock().unwrap();
        let turn = asked.entry(host.to_owned()).or_default();
        *turn += 1;
        let answers = self.answers.get(host);
        let answer = answers.and_then(|list| list.get(*turn - 1).or(list.last())).cloned();
        Box::pin(async move { answer.ok_or(ResolveError::NoAddress) })
    }
}

pub(crate) fn names(entries: &[(&str, &[&str])]) -> NameResolution {
    NameResolution::Custom(Arc::new(Names::new(entries)))
}

/// A broker with short times and these names.
pub(crate) fn broker(entries: &[(&str, &[&str])]) -> Arc<Broker> {
    broker_with(entries, |config| config)
}

pub(crate) fn broker_with(
    entries: &[(&str, &[&str])],
    change: impl FnOnce(BrokerConfig) -> BrokerConfig,
) -> Arc<Broker> {
    let config = BrokerConfig {
        connect_timeout_ms: 2_000,
        request_timeout_ms: 5_000,
        names: names(entries),
        ..BrokerConfig::default()
    };
    Broker::new(change(config)).unwrap()
}

pub(crate) fn rules(hosts: &[&str]) -> Arc<[HostRule]> {
    hosts.iter().map(|host| HostRule::parse(host).unwrap()).collect()
}

pub(crate) fn session(broker: &Arc<Broker>, hosts: &[&str]) -> Session {
    broker.session(SessionGrants { hosts: rules(hosts), ..SessionGrants::default() })
}

pub(crate) fn session_with(broker: &Arc<Broker>, hosts: &[&str], secrets: Vec<UnsealedSecret>) -> Session {
    broker.session(SessionGrants { hosts: rules(hosts), secrets, http_mocks: None })
}

pub(crate) fn key(text: &str) -> SecretKey {
    SecretKey::parse(text).unwrap()
}

pub(crate) fn sealed(name: &str, value: &str, hosts: &[&str]) -> UnsealedSecret {
    UnsealedSecret {
        key: key(name),
        value: SecretString::from(value),
        mode: SecretMode::Sealed,
        hosts: rules(hosts).to_vec(),
    }
}

pub(crate) fn get(url: impl Into<String>) -> FetchRequest {
    FetchRequest { method: "GET".to_owned(), url: url.into(), ..FetchRequest::default() }
}

pub(crate) fn following(url: impl Into<String>) -> FetchRequest {
    FetchRequest { follow_redirects: true, ..get(url) }
}

pub(crate) fn post(url: impl Into<String>, content_type: &str, body: impl Into<Bytes>) -> FetchRequest {
    FetchRequest {
        method: "POST".to_owned(),
        url: url.into(),
        headers: vec![("Content-Type".to_owned(), content_type.to_owned())],
        body: body.into(),
        ..FetchRequest::default()
    }
}

pub(crate) fn with_header(mut request: FetchRequest, name: &str, value: &str) -> FetchRequest {
    request.headers.push((name.to_owned(), value.to_owned()));
    request
}

pub(crate) fn is_denied(error: &FetchError) -> bool {
    matches!(error.kind, FetchErrorKind::Denied { .. })
}

/// A counter that handlers share with their test.
#[derive(Clone, Default)]
pub(crate) struct Count(Arc<AtomicUsize>);

impl Count {
    pub(crate) fn add(&self) -> usize {
        self.0.fetch_add(1, Ordering::SeqCst) + 1
    }

    pub(crate) fn get(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}
