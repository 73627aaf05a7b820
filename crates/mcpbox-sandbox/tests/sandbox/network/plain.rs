//! Plain requests inside of a tunnel, as Node.js sends them: each is decided by itself, for the host of the tunnel.

use mcpbox_core::execute::HostOutcome;
use serde_json::json;

use super::{
    PUBLIC, in_namespace,
    proxy::{attempt, install, proxied, run},
    server::{body, serve, whole},
};

/// Opens a tunnel to `to` and sends `requests` through it, one after the other; what came back.
const TUNNEL: &str = r"
import base64, os, socket, urllib.parse
def main(to, requests):
    proxy = urllib.parse.urlsplit(os.environ['HTTP_PROXY'])
    auth = base64.b64encode(f'{proxy.username}:{proxy.password}'.encode()).decode()
    answers = []
    with socket.create_connection((proxy.hostname, proxy.port), 5) as s:
        s.sendall(f'CONNECT {to} HTTP/1.1\r\nProxy-Authorization: Basic {auth}\r\n\r\n'.encode())
        if not s.recv(4096).startswith(b'HTTP/1.1 200'):
            return 'no tunnel'
        for request in requests:
            s.sendall(request.encode())
            answers.append(s.recv(4096).decode())
    return answers
";

#[test]
fn plain_requests_in_a_tunnel_go_to_its_host_and_to_no_other() {
    install();
    in_namespace("network::plain::plain_requests_in_a_tunnel_go_to_its_host_and_to_no_other", || async {
        let answer = async |request: hyper::Request<hyper::body::Incoming>| {
            let path = request.uri().path().to_owned();
            whole(format!("{path} {}", body(request).await.len()))
        };
        let _plain = serve(PUBLIC, 80, answer).await;
        let sandbox = proxied(None, |config| config).await;
        let requests = [
            "GET /first HTTP/1.1\r\nHost: api.test\r\n\r\n",
            "POST /second HTTP/1.1\r\nHost: api.test\r\nContent-Length: 3\r\n\r\nabc",
            "GET /third HTTP/1.1\r\nHost: other.test\r\n\r\n",
            "GET http://other.test/ HTTP/1.1\r\nHost: other.test\r\n\r\n",
        ];
        let called = run(TUNNEL).arguments(json!({"to": "api.test:80", "requests": requests})).hosts(&["api.test"]);
        let outcome = called.outcome(&sandbox).await;
        let answers: Vec<String> = serde_json::from_value(outcome.result.unwrap().value).unwrap();
        let codes: Vec<&str> = answers.iter().map(|answer| answer.split(' ').nth(1).unwrap_or("none")).collect();
        assert_eq!(codes, ["200", "200", "400", "400"], "{answers:#?}");
        assert!(answers[0].contains("/first 0") && answers[1].contains("/second 3"), "{answers:#?}");
        let seen: Vec<_> = outcome.observed.hosts.iter().map(attempt).collect();
        let reached = |method| ("api.test", 80, method, HostOutcome::Reached);
        assert_eq!(seen[..3], [reached("CONNECT"), reached("GET"), reached("POST")], "{seen:?}");
        assert!(seen.iter().all(|(host, ..)| *host == "api.test"), "{seen:?}");

        let called = run(TUNNEL).arguments(json!({"to": "other.test:80", "requests": requests})).hosts(&["api.test"]);
        assert_eq!(called.value(&sandbox).await, json!("no tunnel"));
    });
}
