//! A network of the test's own, in which 10.99.0.1 is on the LAN, and a host there that keeps what it is sent. Loopback is
//! never reached, so the test starts itself again in namespaces where it may have such an address. Works without root.

use std::{
    collections::VecDeque,
    future::Future,
    sync::{Arc, Mutex},
};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

pub(crate) const LAN: &str = "10.99.0.1";
/// A public address, which is here, too.
pub(crate) const PUBLIC: &str = "93.184.216.34";
const MARK: &str = "MCPBOX_CATALOG_TEST_NAMESPACE";
const SETUP: &str =
    "ip link set lo up && ip addr add 10.99.0.1/24 dev lo && ip addr add 93.184.216.34/32 dev lo && exec \"$0\" \"$@\"";

/// Runs the test's body in a namespace. `name` is the test's full name.
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

/// A request as the host got it.
#[derive(Debug, Clone)]
pub(crate) struct Got {
    pub(crate) path: String,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Got {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> String {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines
            .into_iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map_or(String::new(), |(_, v)| v.to_owned())
    }
}

/// A host on the LAN. It answers 200 unless told otherwise.
#[derive(Clone)]
pub(crate) struct Host {
    pub(crate) port: u16,
    got: Arc<Mutex<Vec<Got>>>,
    answers: Arc<Mutex<VecDeque<String>>>,
}

impl Host {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind((LAN, 0)).await.unwrap();
        let host = Self { port: listener.local_addr().unwrap().port(), got: Arc::default(), answers: Arc::default() };
        let server = host.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(server.clone().serve(stream));
            }
        });
        host
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{LAN}:{}{path}", self.port)
    }

    /// The next request is answered so: status line, headers, empty line and body. Nothing at all keeps it waiting.
    pub(crate) fn answer(&self, raw: &str) {
        self.answers.lock().unwrap().push_back(raw.to_owned());
    }

    /// What came since the last look.
    pub(crate) fn got(&self) -> Vec<Got> {
        std::mem::take(&mut *self.got.lock().unwrap())
    }

    async fn serve(self, mut stream: TcpStream) {
        let mut read = Vec::new();
        let got = loop {
            let mut part = [0; 4096];
            match stream.read(&mut part).await {
                Ok(1..) => {}
                _ => return,
            }
            read.extend(part.iter().take_while(|byte| **byte != 0));
            if let Some(got) = whole(&String::from_utf8_lossy(&read)) {
                break got;
            }
        };
        self.got.lock().unwrap().push(got);
        let answer = self.answers.lock().unwrap().pop_front();
        let answer = answer.unwrap_or_else(|| "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok".to_owned());
        if answer.is_empty() {
            std::future::pending::<()>().await;
        }
        let _gone = stream.write_all(answer.as_bytes()).await;
    }
}

/// The request, once all of it is there.
fn whole(text: &str) -> Option<Got> {
    let (head, body) = text.split_once("\r\n\r\n")?;
    let path = head.split(' ').nth(1)?.to_owned();
    let got = Got { path, head: head.to_owned(), body: body.to_owned() };
    let length = got.header("content-length");
    // A GET has none.
    (length.is_empty() || length.parse() == Ok(body.len())).then_some(got)
}
