//! Headers and framing: the broker alone decides where a message ends and whom it is for.

use bytes::Bytes;
use mcpbox_egress::{FetchErrorKind, FetchRequest};

use crate::support::{
    LAN, broker, get, in_namespace, post,
    server::{After, echo, serve, serve_raw},
    session, with_header,
};

#[test]
fn the_broker_alone_frames_requests() {
    in_namespace("framing::the_broker_alone_frames_requests", || async {
        let server = serve(LAN, echo).await;
        let grant = format!("{LAN}:{}", server.port);
        let url = format!("http://{grant}/");
        let session = session(&broker(&[]), &[&grant]);
        let refused = [
            ("X-A", "b\r\nHost: evil.test"),
            ("X-A", "b\nc"),
            ("X-A", "b\0c"),
            ("X-A", "\u{7f}"),
            ("X A", "b"),
            ("X-A:", "b"),
            ("", "b"),
            ("X\r\nY", "b"),
            ("Host", "evil.test"),
            ("host", "10.99.0.1:1"),
            ("Host", ""),
            ("Upgrade", "websocket"),
            ("Proxy-Authorization", "Basic eA=="),
            ("Proxy-Foo", "x"),
            ("HTTP2-Settings", "AAA"),
        ];
        for (name, value) in refused {
            let error = session.fetch(with_header(get(&url), name, value)).await.unwrap_err();
            assert_eq!(error.kind, FetchErrorKind::InvalidRequest, "{name:?}: {value:?}");
        }
        for method in ["", "CONNECT", "trace", "GET /", "GET\r\nX", "GÉT"] {
            let error = session.fetch(FetchRequest { method: method.to_owned(), ..get(&url) }).await.unwrap_err();
            assert_eq!(error.kind, FetchErrorKind::InvalidRequest, "{method:?}");
        }
        assert_eq!(server.connections.get(), 0);
        let ignored = [
            ("Host", grant.as_str()),
            ("Connection", "upgrade, x-kept"),
            ("Content-Length", "1"),
            ("Transfer-Encoding", "chunked"),
            ("TE", "trailers"),
            ("Keep-Alive", "1"),
            ("Expect", "100-continue"),
            ("Trailer", "x"),
            ("X-Kept", "yes"),
            ("X-Utf8", "grün"),
        ];
        let request = ignored
            .iter()
            .fold(post(&url, "text/plain", "GET /smuggled HTTP/1.1\r\n\r\n"), |request, (name, value)| {
                with_header(request, name, value)
            });
        let body = session.fetch(request).await.unwrap().body;
        let body = String::from_utf8_lossy(&body);
        let mut lines: Vec<&str> = body.lines().take_while(|line| !line.is_empty()).skip(1).collect();
        lines.sort_unstable();
        let host = format!("host: {grant}");
        let expected = [
            "accept: */*",
            "content-length: 26",
            "content-type: text/plain",
            host.as_str(),
            "user-agent: mcpbox",
            "x-kept: yes",
            "x-utf8: grün",
        ];
        assert_eq!(lines, expected);
    });
}

#[test]
fn answers_lose_headers_of_the_connection_only() {
    in_namespace("framing::answers_lose_headers_of_the_connection_only", || async {
        let bytes = b"HTTP/1.1 201 Created\r\nConnection: close, X-Private\r\nX-Private: 1\r\nKeep-Alive: 5\r\nProxy-Authenticate: x\r\n\
            Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-Latin: gr\xfcn\r\nContent-Length: 2\r\n\r\nok";
        let server = serve_raw(LAN, bytes, After::Close).await;
        let grant = format!("{LAN}:{}", server.port);
        let answer = session(&broker(&[]), &[&grant]).fetch(get(format!("http://{grant}/"))).await.unwrap();
        let headers: Vec<(&str, &str)> =
            answer.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let expected = [("set-cookie", "a=1"), ("set-cookie", "b=2"), ("x-latin", "grün"), ("content-length", "2")];
        assert_eq!((answer.status, headers), (201, expected.to_vec()));
    });
}

#[test]
fn head_and_empty_posts_are_framed_properly() {
    in_namespace("framing::head_and_empty_posts_are_framed_properly", || async {
        let server = serve(LAN, |seen| match seen.method.as_str() {
            "HEAD" => http::Response::builder().header("content-length", 99_999_999).body(Default::default()).unwrap(),
            _ => echo(seen),
        })
        .await;
        let grant = format!("{LAN}:{}", server.port);
        let session = session(&broker(&[]), &[&grant]);
        let head = FetchRequest { method: "head".to_owned(), ..get(format!("http://{grant}/")) };
        let answer = session.fetch(head).await.unwrap();
        assert_eq!((answer.status, answer.body), (200, Bytes::new()));
        let answer = session.fetch(post(format!("http://{grant}/"), "text/plain", "")).await.unwrap();
        assert!(String::from_utf8_lossy(&answer.body).contains("content-length: 0\n"), "{answer:?}");
    });
}
