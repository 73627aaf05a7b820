//! Redirects: every step is judged like a first request, and credentials stay at home.

use http::Response;
use mcpbox_core::execute::HostOutcome;
use mcpbox_egress::{FetchErrorKind, FetchRequest};

use crate::support::{
    LAN, PUBLIC, PUBLIC_2, broker, following, get, in_namespace, is_denied, post,
    server::{echo, redirect, serve, serve_on, text},
    session, with_header,
};

#[test]
fn redirects_are_followed_only_when_asked_and_only_to_what_is_granted() {
    in_namespace("redirects::redirects_are_followed_only_when_asked_and_only_to_what_is_granted", || async {
        let inside = serve("127.0.0.1", echo).await;
        let lan = serve_on(LAN, 80, echo).await;
        let inside_port = inside.port;
        let _public = serve_on(PUBLIC, 80, move |seen| match seen.uri.path() {
            "/ok" => redirect(302, "/landed?x=1"),
            "/landed" => text("landed"),
            "/loopback" => redirect(302, &format!("http://127.0.0.1:{inside_port}/")),
            "/rebound" => redirect(302, &format!("http://home.test:{inside_port}/")),
            "/lan" => redirect(302, "http://nas.test/"),
            "/metadata" => redirect(302, "http://169.254.169.254/latest/meta-data/"),
            "/other" => redirect(302, "http://other.test/"),
            "/file" => redirect(302, "file:///etc/passwd"),
            "/user" => redirect(302, "http://a:b@start.test/"),
            "/inject" => Response::builder()
                .status(302)
                .header("location", "http:\\\\start.test/")
                .body(Default::default())
                .unwrap(),
            "/loop" => redirect(302, "/loop"),
            _ => text("?"),
        })
        .await;
        let broker = broker(&[
            ("start.test", &[PUBLIC]),
            ("home.test", &["127.0.0.1"]),
            ("nas.test", &[LAN]),
            ("other.test", &[PUBLIC]),
        ]);
        let home = format!("home.test:{inside_port}");
        let loopback = format!("127.0.0.1:{inside_port}");
        let grants = ["start.test", "nas.test", &home, &loopback, "169.254.169.254"];

        let answer = session(&broker, &grants).fetch(get("http://start.test/ok")).await.unwrap();
        assert_eq!((answer.status, answer.url.as_str()), (302, "http://start.test/ok"));
        let answer = session(&broker, &grants).fetch(following("http://start.test/ok")).await.unwrap();
        assert_eq!((answer.status, answer.url.as_str()), (200, "http://start.test/landed?x=1"));
        assert_eq!(answer.body, "landed");

        for path in ["loopback", "rebound", "lan", "metadata", "other"] {
            let session = session(&broker, &grants);
            let error = session.fetch(following(format!("http://start.test/{path}"))).await.unwrap_err();
            assert!(is_denied(&error), "{path}: {error:?}");
            let outcomes: Vec<HostOutcome> = session.attempts().iter().map(|attempt| attempt.outcome).collect();
            assert_eq!(outcomes, [HostOutcome::Reached, HostOutcome::Denied], "{path}");
        }
        for path in ["file", "user", "inject", "loop"] {
            let error =
                session(&broker, &grants).fetch(following(format!("http://start.test/{path}"))).await.unwrap_err();
            assert_eq!(error.kind, FetchErrorKind::Protocol, "{path}: {error:?}");
        }
        assert_eq!((inside.connections.get(), lan.connections.get()), (0, 0));
    });
}

#[test]
fn the_method_changes_as_in_browsers() {
    in_namespace("redirects::the_method_changes_as_in_browsers", || async {
        let server = serve(LAN, |seen| match seen.uri.path().strip_prefix("/go/") {
            Some(status) => redirect(status.parse().unwrap(), "/done"),
            None => echo(seen),
        })
        .await;
        let grant = format!("{LAN}:{}", server.port);
        let session = session(&broker(&[]), &[&grant]);
        let rows = [
            ("POST", 301, "GET", false),
            ("POST", 302, "GET", false),
            ("POST", 303, "GET", false),
            ("POST", 307, "POST", true),
            ("POST", 308, "POST", true),
            ("PUT", 302, "PUT", true),
            ("PUT", 303, "GET", false),
            ("DELETE", 303, "GET", false),
            ("GET", 301, "GET", true),
        ];
        for (method, status, expected, keeps_body) in rows {
            let request = FetchRequest {
                method: method.to_owned(),
                follow_redirects: true,
                ..post(format!("http://{grant}/go/{status}"), "text/plain", "payload")
            };
            let body = session.fetch(request).await.unwrap().body;
            let body = String::from_utf8_lossy(&body);
            assert!(body.starts_with(&format!("{expected} /done")), "{method} {status}: {body}");
            assert_eq!(
                (body.ends_with("payload"), body.contains("content-type:")),
                (keeps_body, keeps_body),
                "{method} {status}"
            );
        }
    });
}

#[test]
fn credentials_do_not_cross_to_another_origin() {
    in_namespace("redirects::credentials_do_not_cross_to_another_origin", || async {
        let _other = serve_on(PUBLIC_2, 80, echo).await;
        let _start = serve_on(PUBLIC, 80, |seen| match seen.uri.path() {
            "/away" => redirect(307, "http://other.test/"),
            "/home" => redirect(307, "http://start.test/here"),
            _ => echo(seen),
        })
        .await;
        let broker = broker(&[("start.test", &[PUBLIC]), ("other.test", &[PUBLIC_2])]);
        let session = session(&broker, &["start.test", "other.test"]);
        let fetch = async |path: &str| {
            let request = following(format!("http://start.test/{path}"));
            let request = [("Authorization", "Bearer x"), ("Cookie", "a=b"), ("X-Plain", "c")]
                .iter()
                .fold(request, |request, (name, value)| with_header(request, name, value));
            String::from_utf8(session.fetch(request).await.unwrap().body.to_vec()).unwrap()
        };
        let away = fetch("away").await;
        assert!(away.contains("host: other.test") && away.contains("x-plain: c"), "{away}");
        assert!(!away.contains("authorization") && !away.contains("cookie"), "{away}");
        let home = fetch("home").await;
        assert!(home.contains("authorization: Bearer x") && home.contains("cookie: a=b"), "{home}");
    });
}
