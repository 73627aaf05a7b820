//! Requests that are answered without being read: whoever sent one can send the next, or is told that the connection ends.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests fail by panicking")]

use std::{net::SocketAddr, time::Duration};

use http::{Request, Response, StatusCode};
use http_body_util::Full;
use mcpbox_listen::{Body, Ending, Front, Limits, serve_tcp};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

const LIMITS: Limits = Limits {
    connections: 8,
    per_address: 8,
    head: Duration::from_secs(20),
    body: Duration::from_secs(20),
    silence: Duration::from_secs(20),
    body_bytes: 1 << 20,
    bodies_bytes: 8 << 20,
};

/// A listener that refuses everything unread.
async fn refusing() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let ending = Ending { stop: CancellationToken::new(), grace: Duration::ZERO };
    let handle = |_: Request<Body>, _| async {
        let mut response = Response::new(Full::<bytes::Bytes>::from("no"));
        *response.status_mut() = StatusCode::UNAUTHORIZED;
        response
    };
    tokio::spawn(serve_tcp(listener, Front::new("test", LIMITS), handle, ending));
    address
}

struct Client(TcpStream);

impl Client {
    async fn new() -> Self {
        let stream = std::net::TcpStream::connect(refusing().await).unwrap();
        stream.set_nonblocking(true).unwrap();
        Self(TcpStream::from_std(stream).unwrap())
    }

    async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    /// The next answer with its body of two bytes.
    async fn answer(&mut self) -> String {
        let mut answer = String::new();
        let reading = async {
            while !answer.ends_with("\r\n\r\nno") {
                answer.push(char::from(self.0.read_u8().await?));
            }
            Ok::<_, std::io::Error>(())
        };
        let outcome = timeout(Duration::from_secs(10), reading).await.expect("an answer, or the end");
        outcome.unwrap_or_else(|error| panic!("{error} after {answer:?}"));
        answer
    }

    /// Whether the connection ends without a word more.
    async fn ends(&mut self) -> bool {
        let mut more = Vec::new();
        timeout(Duration::from_secs(10), self.0.read_to_end(&mut more)).await.is_ok() && more.is_empty()
    }
}

fn head(more: &str) -> String {
    format!("POST / HTTP/1.1\r\nHost: localhost\r\n{more}\r\n\r\n")
}

#[tokio::test]
async fn a_body_that_comes_after_the_answer_does_not_cost_the_connection() {
    for (framing, body) in [("Content-Length: 4", "body"), ("Transfer-Encoding: chunked", "4\r\nbody\r\n0\r\n\r\n")] {
        let mut client = Client::new().await;
        for _ in 0..3 {
            client.send(&head(framing)).await;
            let answer = client.answer().await;
            assert!(answer.starts_with("HTTP/1.1 401") && !answer.contains("connection: close"), "{answer}");
            client.send(body).await;
        }
    }
}

#[tokio::test]
async fn who_sends_more_than_is_thrown_away_gets_the_answer_and_is_told_that_it_was_the_last() {
    let mut client = Client::new().await;
    let bytes = 300 << 10;
    client.send(&head(&format!("Content-Length: {bytes}"))).await;
    client.send(&"x".repeat(200 << 10)).await;
    assert!(client.answer().await.contains("connection: close"));
}

#[tokio::test]
async fn who_waits_to_be_asked_for_a_body_is_not_asked_and_told_that_it_was_the_last() {
    let mut client = Client::new().await;
    client.send(&head("Content-Length: 4\r\nExpect: 100-continue")).await;
    let answer = client.answer().await;
    assert!(answer.starts_with("HTTP/1.1 401") && answer.contains("connection: close"), "{answer}");
    assert!(client.ends().await);
}

#[tokio::test]
async fn a_body_without_end_ends_with_the_connection() {
    let mut client = Client::new().await;
    client.send(&head("Transfer-Encoding: chunked")).await;
    assert!(client.answer().await.starts_with("HTTP/1.1 401"));
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
    let flood = async { while client.0.write_all(chunk.as_bytes()).await.is_ok() {} };
    assert!(timeout(Duration::from_secs(10), flood).await.is_ok(), "it was cut off");
}

#[tokio::test]
async fn a_body_that_never_comes_ends_with_the_connection() {
    let mut client = Client::new().await;
    client.send(&head("Content-Length: 4")).await;
    assert!(client.answer().await.starts_with("HTTP/1.1 401"));
    assert!(client.ends().await);
}
