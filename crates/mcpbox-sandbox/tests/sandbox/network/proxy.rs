//! Packages that speak HTTP by themselves, with the real `requests` and `aiohttp`: granted hosts answer, and nothing else is
//! in reach, however hard a program tries.

use std::{
    fs,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use futures::stream;
use mcpbox_core::{
    capability::HostRule,
    execute::{HostAttempt, HostOutcome},
    failure::FailureKind,
};
use mcpbox_egress::{BrokerConfig, ExtraRoots};
use mcpbox_sandbox::{Sandbox, SandboxConfig};
use serde_json::{Value, json};
use tokio::{io::AsyncReadExt as _, net::TcpListener, sync::Semaphore};

use super::{
    LAN, PUBLIC, in_namespace, install_base, sandbox_with,
    server::{body, parts, serve, serve_tls, whole},
};
use crate::support::{Run, config, data_dir, standard};

/// Where the packages lie, installed once for the interpreter in use.
fn site() -> PathBuf {
    data_dir().with_file_name("proxied-site")
}

/// Installs the packages where there is a network, before the namespace is entered.
#[expect(clippy::disallowed_methods, reason = "a test installs packages")]
pub(super) fn install() {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    install_base();
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if site().join("done").is_file() || std::env::var_os(super::MARK).is_some() {
        return;
    }
    let python = std::env::var_os("MCPBOX_TEST_PYTHON").unwrap_or_else(|| "python3".into());
    let building = tempfile::tempdir_in(data_dir()).unwrap();
    let output = std::process::Command::new(python)
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-input",
            "--only-binary",
            ":all:",
        ])
        .args(["httpx", "requests", "aiohttp", "--target"])
        .arg(building.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    fs::write(building.path().join("done"), "").unwrap();
    // Somebody else may have been first, and use it already.
    if !site().join("done").exists() {
        let _old = fs::remove_dir_all(site());
        let _taken = fs::rename(building.keep(), site());
    }
    assert!(site().join("requests").is_dir() && site().join("aiohttp").is_dir());
}

/// A sandbox with the packages and the proxy, whose hosts are checked against `authority` too.
pub(super) async fn proxied(
    authority: Option<String>,
    change: impl FnOnce(BrokerConfig) -> BrokerConfig,
) -> Arc<Sandbox> {
    let config = SandboxConfig { proxied_site_for_tests: Some(site()), ..config() };
    let extra_roots = authority.into_iter().map(|pem| ExtraRoots::Pem(pem.into_bytes())).collect();
    sandbox_with(config, |config| change(BrokerConfig { extra_roots, ..config })).await
}

/// A run whose source is under no language rules: only the jail and the proxy hold.
pub(super) fn run(source: &str) -> Run {
    let mut run = standard(source);
    Arc::get_mut(&mut run.execution.program).unwrap().uses_http = true;
    run
}

pub(super) fn attempt(attempt: &HostAttempt) -> (&str, u16, &str, HostOutcome) {
    (&attempt.host, attempt.port, &attempt.method, attempt.outcome)
}

const REQUESTS: &str = "import requests\ndef main(url, size=0):\n    r = requests.post(url, data=b'x' * size) if size else requests.get(url)\n    r.raise_for_status()\n    return r.text\n";
const AIOHTTP: &str = "import aiohttp\nasync def main(url, size=0):\n    async with aiohttp.ClientSession(trust_env=True) as s:\n        async with (s.post(url, data=b'x' * size) if size else s.get(url)) as r:\n            r.raise_for_status()\n            return await r.text()\n";

#[test]
fn requests_and_aiohttp_reach_granted_hosts_over_http_and_https() {
    install();
    in_namespace("network::proxy::requests_and_aiohttp_reach_granted_hosts_over_http_and_https", || async {
        let answer = async |request: hyper::Request<hyper::body::Incoming>| {
            let path = request.uri().path().to_owned();
            whole(format!("{path} {}", body(request).await.len()))
        };
        let (_tls, authority) = serve_tls(PUBLIC, &["api.test"], answer).await;
        let _plain = serve(PUBLIC, 80, answer).await;
        let nas = serve(LAN, 0, answer).await;
        let sandbox = proxied(Some(authority), |config| config).await;
        let (lan_url, lan_grant) = (format!("http://nas.test:{}/nas", nas.port), format!("nas.test:{}", nas.port));
        for source in [REQUESTS, AIOHTTP] {
            let rows = [
                ("https://api.test/secure", "api.test", 443, "CONNECT", "tunnel"),
                ("http://api.test/plain", "api.test", 80, "", "200"),
                (lan_url.as_str(), "nas.test", nas.port, "", "200"),
            ];
            for (url, host, port, method, detail) in rows {
                for (size, verb) in [(0, "GET"), (3 << 20, "POST")] {
                    let run = run(source).arguments(json!({"url": url, "size": size})).hosts(&["api.test", &lan_grant]);
                    let outcome = run.outcome(&sandbox).await;
                    let value = outcome.result.unwrap_or_else(|failure| panic!("{url}: {failure:#?}")).value;
                    let path = url.rsplit_once('/').unwrap().1;
                    assert_eq!(value, json!(format!("/{path} {size}")), "{source}");
                    let method = if method.is_empty() { verb } else { method };
                    let seen = &outcome.observed.hosts;
                    assert_eq!(seen.len(), 1, "{seen:?}");
                    assert_eq!(attempt(&seen[0]), (host, port, method, HostOutcome::Reached));
                    assert!(seen[0].detail.starts_with(detail), "{seen:?}");
                }
            }
            // `http` of the same tool still goes its own way.
            let both = format!("{source}\nother = main\nasync def main(url):\n    return (await http.get(url)).text\n");
            let value =
                run(&both).arguments(json!({"url": "http://api.test/own"})).hosts(&["api.test"]).value(&sandbox);
            assert_eq!(value.await, json!("/own 0"));
        }
    });
}

#[test]
fn what_is_not_granted_is_refused_with_evidence_and_the_request_to_make() {
    install();
    in_namespace("network::proxy::what_is_not_granted_is_refused_with_evidence_and_the_request_to_make", || async {
        let sandbox = proxied(None, |config| config).await;
        let inside = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let home = format!("home.test:{}", inside.local_addr().unwrap().port());
        let home_url = format!("https://{home}/");
        let rows: [(&str, &str, &str, u16, Option<&str>); 8] = [
            ("https://evil.test/", "CONNECT", "evil.test", 443, Some("evil.test")),
            ("http://evil.test/", "GET", "evil.test", 80, Some("evil.test")),
            ("https://api.test:8443/", "CONNECT", "api.test", 8443, Some("api.test:8443")),
            ("https://nas.test/", "CONNECT", "nas.test", 443, Some("nas.test:443")),
            ("https://169.254.169.254/", "CONNECT", "169.254.169.254", 443, None),
            ("http://2130706433/", "GET", "127.0.0.1", 80, None),
            ("https://127.0.0.1/", "CONNECT", "127.0.0.1", 443, None),
            (&home_url, "CONNECT", "home.test", inside.local_addr().unwrap().port(), None),
        ];
        for source in [REQUESTS, AIOHTTP] {
            for (url, method, host, port, needs) in rows {
                let run = run(source).arguments(json!({"url": url}));
                let outcome = run.hosts(&["api.test", "nas.test", "169.254.169.254", &home]).outcome(&sandbox).await;
                let failure = outcome.result.unwrap_err();
                assert_eq!(failure.kind, FailureKind::HostDenied, "{url}: {failure:#?}");
                let seen = outcome.observed.hosts.last().unwrap();
                assert_eq!(attempt(seen), (host, port, method, HostOutcome::Denied), "{seen:?}");
                assert_eq!(seen.needs, needs.map(|rule| HostRule::parse(rule).unwrap()), "{seen:?}");
                if needs.is_some() {
                    assert!(failure.message.contains("mcpbox_request_network_access"), "{failure:#?}");
                }
            }
        }
        // A grant for one method allows no tunnel, in which methods cannot be seen.
        let mut run = run(REQUESTS).arguments(json!({"url": "https://api.test/"})).hosts(&["api.test"]);
        let mut only_get = run.execution.hosts.to_vec();
        only_get[0].method = Some("GET".to_owned());
        run.execution.hosts = only_get.into();
        assert_eq!(run.failure(&sandbox).await.kind, FailureKind::HostDenied);
    });
}

/// Answers how each attempt ended: the error's name, or `open`.
const ATTEMPTS: &str = r#"
import os, socket
from urllib.parse import urlsplit

PROXY = urlsplit(os.environ["HTTP_PROXY"])

def udp(): socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
def udp6(): socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
def tcp6(): socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
def local(): socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
def raw(): socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)
def packet(): socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
def netlink(): socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)
def mptcp(): socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262)
def sctp(): socket.socket(socket.AF_INET, socket.SOCK_STREAM, 132)
def bind(): socket.socket().bind(("127.0.0.1", 0))
def bind_proxy_port(): socket.socket().bind(("127.0.0.1", 3128))
def listen(): socket.socket().listen()
def accept(): socket.socket().accept()
def other_port(): socket.socket().connect(("127.0.0.1", 80))
def next_port(): socket.socket().connect(("127.0.0.1", 3129))
def host_of_the_machine(): socket.socket().connect((ADDRESS, PORT))
def elsewhere_same_port(): socket.socket().connect((ADDRESS, 3128))
def public(): socket.create_connection(("93.184.216.34", 80), 2)
def name(): socket.create_connection(("api.test", 80), 2)
def fast_open(): socket.socket().sendmsg([b"x"], [], socket.MSG_FASTOPEN, (ADDRESS, PORT))
def send_to(): socket.socket().sendto(b"x", (ADDRESS, PORT))
def device(): socket.socket().setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo")
def upper_layer(): socket.socket().setsockopt(6, 31, b"tls")
def pair(): socket.socketpair(socket.AF_INET)

def proxy(head):
    with socket.create_connection((PROXY.hostname, PROXY.port), 5) as s:
        s.sendall(head.encode() + b"\r\n\r\n")
        return s.recv(4096).split(b"\r\n")[0].decode()

def main(address, port, names):
    global ADDRESS, PORT
    ADDRESS, PORT = address, port
    answers = {}
    for name in names:
        try:
            globals()[name]()
            answers[name] = "open"
        except OSError as error:
            answers[name] = type(error).__name__
    return answers
"#;

#[test]
fn nothing_but_the_proxy_is_in_reach() {
    install();
    in_namespace("network::proxy::nothing_but_the_proxy_is_in_reach", || async {
        let sandbox = proxied(None, |config| config).await;
        let machine = TcpListener::bind((LAN, 0)).await.unwrap();
        let port = machine.local_addr().unwrap().port();
        let names: Vec<&str> = ATTEMPTS
            .lines()
            .filter_map(|line| line.strip_prefix("def ")?.split_once("(): ").map(|(name, _)| name))
            .collect();
        assert!(names.len() >= 24, "{names:?}");
        let run = run(ATTEMPTS).arguments(json!({"address": LAN, "port": port, "names": names})).hosts(&["api.test"]);
        let answers = run.value(&sandbox).await;
        for name in &names {
            let expected = match *name {
                // There is no way there: the network has one device, and no name server.
                "elsewhere_same_port" | "fast_open" => "OSError",
                "name" => "gaierror",
                // Refused by the system call filter or by Landlock; nobody listening would be another error.
                _ => "PermissionError",
            };
            assert_eq!(answers[name], json!(expected), "{name}: {answers:#}");
        }
        assert!(tokio::time::timeout(std::time::Duration::from_millis(50), machine.accept()).await.is_err());
    });
}

/// What the proxy answers to these requests; `{auth}` stands for this call's credentials.
async fn ask(sandbox: &Sandbox, requests: &[&str], hosts: &[&str]) -> (Vec<String>, Vec<HostAttempt>) {
    let source = format!(
        "{ATTEMPTS}\nimport base64\ndef main(requests):\n    auth = 'Proxy-Authorization: Basic ' + base64.b64encode(f'{{PROXY.username}}:{{PROXY.password}}'.encode()).decode()\n    return [proxy(r.replace('{{auth}}', auth)) for r in requests]\n"
    );
    let outcome = run(&source).arguments(json!({"requests": requests})).hosts(hosts).outcome(sandbox).await;
    let value = outcome.result.unwrap_or_else(|failure| panic!("{failure:#?}")).value;
    (serde_json::from_value(value).unwrap(), outcome.observed.hosts)
}

#[test]
fn a_token_is_good_for_its_own_call_only_and_a_tunnel_for_its_own_host() {
    install();
    in_namespace("network::proxy::a_token_is_good_for_its_own_call_only_and_a_tunnel_for_its_own_host", || async {
        let _plain = serve(PUBLIC, 80, |_| async { whole("plain") }).await;
        let tls = TcpListener::bind((PUBLIC, 443)).await.unwrap();
        let sandbox = proxied(None, |config| config).await;
        let token = "import os\ndef main():\n    return os.environ['HTTPS_PROXY'].split('//')[1].split('@')[0]\n";
        let ended = run(token).value(&sandbox).await;
        let ended = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, ended.as_str().unwrap());
        let of_another = format!("GET http://api.test/ HTTP/1.1\r\nProxy-Authorization: Basic {ended}");
        let requests = [
            "GET http://api.test/ HTTP/1.1\r\n{auth}",
            &of_another,
            "GET http://api.test/ HTTP/1.1",
            "CONNECT api.test:443 HTTP/1.1",
            "GET http://api.test/ HTTP/1.1\r\nProxy-Authorization: Basic Y2FsbDo=",
            "GET http://api.test/ HTTP/1.1\r\nProxy-Authorization: Bearer x",
            "GET / HTTP/1.1\r\nHost: api.test\r\n{auth}",
            "CONNECT user@api.test:443 HTTP/1.1\r\n{auth}",
            "CONNECT 127.1:443 HTTP/1.1\r\n{auth}",
        ];
        let (answers, attempts) = ask(&sandbox, &requests, &["api.test", "127.0.0.1"]).await;
        let codes: Vec<&str> = answers.iter().map(|answer| answer.split(' ').nth(1).unwrap_or("none")).collect();
        assert_eq!(codes, ["200", "407", "407", "407", "407", "407", "400", "400", "403"], "{answers:#?}");
        assert_eq!(attempts.len(), 4, "{attempts:#?}");
        assert!(attempts[1..].iter().all(|attempt| attempt.outcome == HostOutcome::Denied), "{attempts:#?}");

        // Inside a tunnel: another protocol, and TLS with another host behind the same address.
        let inside = format!(
            "{ATTEMPTS}\nimport base64, ssl\ndef main(hello, name):\n    auth = base64.b64encode(f'{{PROXY.username}}:{{PROXY.password}}'.encode()).decode()\n    with socket.create_connection((PROXY.hostname, PROXY.port), 5) as s:\n        s.sendall(f'CONNECT api.test:443 HTTP/1.1\\r\\nProxy-Authorization: Basic {{auth}}\\r\\n\\r\\n'.encode())\n        assert s.recv(4096).startswith(b'HTTP/1.1 200'), 'no tunnel'\n        if hello:\n            s.sendall(hello.encode())\n            return s.recv(4096).decode()\n        try:\n            ssl._create_unverified_context().wrap_socket(s, server_hostname=name)\n        except OSError as error:\n            return 'closed'\n"
        );
        for (arguments, words) in [
            (json!({"hello": "SSH-2.0-x\r\n", "name": ""}), "begins neither with TLS nor with a request"),
            (json!({"hello": "", "name": "other.test"}), "speaks TLS with other.test"),
            (json!({"hello": "", "name": null}), "speaks TLS with no name"),
        ] {
            let outcome = run(&inside).arguments(arguments.clone()).hosts(&["api.test"]).outcome(&sandbox).await;
            let value = outcome.result.unwrap_or_else(|failure| panic!("{failure:#?}")).value;
            assert!(value == json!("") || value == json!("closed"), "{arguments}: {value}");
            let seen = &outcome.observed.hosts[0];
            assert!(seen.outcome == HostOutcome::Denied && seen.detail.contains(words), "{seen:?}");
            // The connection was made, but not a byte went through.
            let (mut stream, _) = tls.accept().await.unwrap();
            assert_eq!(stream.read(&mut [0; 16]).await.unwrap_or(0), 0);
        }
    });
}

#[test]
fn a_tunnel_ends_with_its_call_and_at_its_caps() {
    install();
    in_namespace("network::proxy::a_tunnel_ends_with_its_call_and_at_its_caps", || async {
        let ended = Arc::new(Semaphore::new(0));
        let notice = Arc::clone(&ended);
        let (_tls, authority) = serve_tls(PUBLIC, &["api.test"], move |_| {
            let guard = Ended(Arc::clone(&notice));
            async move {
                parts(stream::repeat_with(move || {
                    let _lives_as_long_as_the_body = &guard;
                    Bytes::from(vec![b'x'; 65536])
                }))
            }
        })
        .await;
        let caps = |config| BrokerConfig { max_response_bytes: 4 << 20, ..config };
        let sandbox = proxied(Some(authority), caps).await;
        let returns = "import requests\ndef main(url):\n    r = requests.get(url, stream=True)\n    return len(next(r.iter_content(1000)))\n";
        let hangs = "import requests, time\ndef main(url):\n    r = requests.get(url, stream=True)\n    next(r.iter_content(1000))\n    time.sleep(60)\n";
        let drinks = "import requests\ndef main(url):\n    try:\n        return len(requests.get(url).content)\n    except requests.RequestException as error:\n        return 'broken off'\n";
        let rows: [(&str, Result<Value, FailureKind>); 3] =
            [(returns, Ok(json!(1000))), (hangs, Err(FailureKind::Timeout)), (drinks, Ok(json!("broken off")))];
        for (source, expected) in rows {
            let run = run(source).arguments(json!({"url": "https://api.test/"})).hosts(&["api.test"]);
            // Importing requests takes long on a busy machine.
            let timeout_ms = if source == hangs { 8_000 } else { 60_000 };
            let outcome = run.limits(|limits| limits.timeout_ms = timeout_ms).outcome(&sandbox).await;
            let result = outcome.result.map(|output| output.value).map_err(|failure| failure.kind);
            assert_eq!(result, expected, "{source}");
            ended.acquire().await.unwrap().forget();
            let seen = &outcome.observed.hosts[0];
            let is_over = seen.outcome == HostOutcome::Failed && seen.detail.contains("more than 4096 KiB");
            assert_eq!(is_over, source == drinks, "{seen:?}");
        }
    });
}

/// Tells when it is dropped.
struct Ended(Arc<Semaphore>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.add_permits(1);
    }
}

#[test]
fn sealed_secrets_are_put_into_plain_requests_but_stay_placeholders_in_tunnels() {
    install();
    in_namespace(
        "network::proxy::sealed_secrets_are_put_into_plain_requests_but_stay_placeholders_in_tunnels",
        || async {
            let answer = async |request: hyper::Request<hyper::body::Incoming>| {
                let given = request.headers().get("x-key").unwrap().to_str().unwrap().to_owned();
                whole(format!("{} {given}", given == "the-sealed-value"))
            };
            let (_tls, authority) = serve_tls(PUBLIC, &["api.test"], answer).await;
            let _plain = serve(PUBLIC, 80, answer).await;
            let sandbox = proxied(Some(authority), |config| config).await;
            let source = "import requests\ndef main(url):\n    return requests.get(url, headers={'X-Key': secrets['KEY']}).text\n";
            let run = |url: &str| {
                run(source).arguments(json!({"url": url})).hosts(&["api.test"]).sealed(
                    "KEY",
                    "the-sealed-value",
                    &["api.test"],
                )
            };
            assert_eq!(run("http://api.test/").value(&sandbox).await, json!("true [secret KEY]"));
            let tunnelled = run("https://api.test/").value(&sandbox).await;
            assert!(tunnelled.as_str().unwrap().starts_with("false mcpbox-sealed-"), "{tunnelled}");
        },
    );
}
