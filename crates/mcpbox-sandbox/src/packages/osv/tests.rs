//! The client against a server that speaks the documented API, in a network namespace of the test's own: egress reaches no
//! loopback address, and nothing leaves the machine.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
};

use mcpbox_core::package::{Vulnerability, VulnerabilityCheck};
use mcpbox_egress::{Broker, BrokerConfig};
use serde_json::{Value, json};

use super::Osv;

const MARK: &str = "MCPBOX_OSV_TEST_NAMESPACE";

/// Runs the test's body in namespaces of its own, where 10.99.0.1 is a LAN address.
#[expect(clippy::disallowed_methods, reason = "a test starts itself again")]
fn in_namespace<F: Future<Output = ()>>(name: &str, body: impl FnOnce() -> F) {
    if std::env::var_os(MARK).is_some() {
        return tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap()
            .block_on(body());
    }
    let script = "ip link set lo up && ip addr add 10.99.0.1/24 dev lo && exec \"$0\" \"$@\"";
    let output = std::process::Command::new("unshare")
        .args(["--user", "--map-root-user", "--net", "--mount", "sh", "-c", script])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .env(MARK, "1")
        .output()
        .expect("unshare (util-linux) and ip (iproute2) are needed for these tests");
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && text.contains("1 passed"), "in the namespace:\n{text}");
}

/// Answers by request line; keeps the bodies it got.
struct Database {
    url: String,
    asked: Arc<Mutex<Vec<(String, Value)>>>,
}

impl Database {
    fn start(answers: BTreeMap<&'static str, Vec<(u16, Value)>>) -> Self {
        let listener = TcpListener::bind("10.99.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (seen, answers) = (Arc::clone(&asked), Arc::new(Mutex::new(answers)));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (seen, answers) = (Arc::clone(&seen), Arc::clone(&answers));
                std::thread::spawn(move || serve(stream, &seen, &answers));
            }
        });
        Self { url, asked }
    }

    fn client(&self) -> Osv {
        Osv::new(Broker::new(BrokerConfig::default()).unwrap(), &self.url)
    }
}

fn serve(
    stream: TcpStream,
    seen: &Mutex<Vec<(String, Value)>>,
    answers: &Mutex<BTreeMap<&'static str, Vec<(u16, Value)>>>,
) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    let what = line.rsplit_once(" HTTP").map_or(line.as_str(), |(what, _)| what).to_owned();
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).unwrap();
        match header.trim().to_ascii_lowercase().strip_prefix("content-length:") {
            Some(value) => length = value.trim().parse().unwrap(),
            None if header.trim().is_empty() => break,
            None => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    seen.lock().unwrap().push((what.clone(), serde_json::from_slice(&body).unwrap_or_default()));
    let mut answers = answers.lock().unwrap();
    let (status, answer) = match answers.get_mut(what.as_str()) {
        Some(queue) if queue.len() > 1 => queue.remove(0),
        Some(queue) => queue[0].clone(),
        None => (404, json!({"code": 5, "message": "Bug not found."})),
    };
    let text = answer.to_string();
    let head = format!(
        "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        text.len()
    );
    let _ = (&stream).write_all((head + &text).as_bytes());
}

fn not_checked(answer: &[VulnerabilityCheck]) -> &str {
    match answer {
        [VulnerabilityCheck::NotChecked { reason }, rest @ ..] => {
            assert!(rest.iter().all(|other| matches!(other, VulnerabilityCheck::NotChecked { .. })));
            reason
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn known_vulnerabilities_are_found_with_their_summaries_over_all_pages() {
    in_namespace(
        "packages::osv::tests::known_vulnerabilities_are_found_with_their_summaries_over_all_pages",
        || async {
            // The shapes of https://google.github.io/osv.dev/post-v1-querybatch/ and get-v1-vulns/.
            let first = json!({"results": [
                {"vulns": [{"id": "PYSEC-2021-142", "modified": "2023-11-08T04:03:16Z"}], "next_page_token": "more"},
                {},
            ]});
            let second =
                json!({"results": [{"vulns": [{"id": "GHSA-8q59-q68h-6hv4", "modified": "2024-01-01T00:00:00Z"}]}]});
            let database = Database::start(BTreeMap::from([
                ("POST /v1/querybatch", vec![(200, first), (200, second)]),
                (
                    "GET /v1/vulns/PYSEC-2021-142",
                    vec![(200, json!({"id": "PYSEC-2021-142", "details": "Arbitrary code.\nMore."}))],
                ),
                (
                    "GET /v1/vulns/GHSA-8q59-q68h-6hv4",
                    vec![(200, json!({"id": "GHSA-8q59-q68h-6hv4", "summary": "Improper input validation"}))],
                ),
            ]));
            let answer = database.client().check(&[("pyyaml", "5.3"), ("idna", "3.20")]).await;
            let known = |id: &str, summary: &str| Vulnerability { id: id.into(), summary: Some(summary.into()) };
            let found = vec![
                known("PYSEC-2021-142", "Arbitrary code."),
                known("GHSA-8q59-q68h-6hv4", "Improper input validation"),
            ];
            assert_eq!(
                answer,
                [VulnerabilityCheck::Checked { found }, VulnerabilityCheck::Checked { found: Vec::new() }]
            );
            let asked = database.asked.lock().unwrap();
            let query =
                |name: &str, version: &str| json!({"package": {"name": name, "ecosystem": "PyPI"}, "version": version});
            assert_eq!(asked[0].1, json!({"queries": [query("pyyaml", "5.3"), query("idna", "3.20")]}));
            let mut again = query("pyyaml", "5.3");
            again["page_token"] = json!("more");
            assert_eq!(asked[1].1, json!({"queries": [again]}));
        },
    );
}

#[test]
fn what_was_not_answered_is_not_checked() {
    in_namespace("packages::osv::tests::what_was_not_answered_is_not_checked", || async {
        let one = [("pyyaml", "5.3")];
        let cases = [
            (500, json!({}), "status 500"),
            (200, json!({"results": []}), "another question"),
            (200, json!("?"), "cannot be read"),
            (200, json!({"results": [{"vulns": [], "next_page_token": "for ever"}]}), "more answers than can be read"),
        ];
        for (status, answer, reason) in cases {
            let database = Database::start(BTreeMap::from([("POST /v1/querybatch", vec![(status, answer)])]));
            let answer = database.client().check(&one).await;
            assert!(not_checked(&answer).contains(reason), "{answer:?}");
        }
        let nobody = Osv::new(Broker::new(BrokerConfig::default()).unwrap(), "http://10.99.0.2:9");
        let answer = nobody.check(&[one[0], ("idna", "3.20")]).await;
        assert_eq!(answer.len(), 2);
        assert!(not_checked(&answer).contains("cannot be reached"), "{answer:?}");
    });
}
