//! Sealed secrets: in only towards bound hosts, out of everything that comes back.

use std::io::Write as _;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http_body_util::Full;
use mcpbox_core::{execute::UnsealedSecret, secret::SecretMode};
use mcpbox_egress::{FetchErrorKind, FetchRequest, Session};
use serde_json::json;

use crate::support::{
    Count, PUBLIC, PUBLIC_2, broker, following, get, in_namespace, is_denied, key, post, sealed,
    server::{Seen, echo, redirect, serve_on, text},
    session_with, with_header,
};

const VALUE: &str = "s3cr3t/va+lue=\"ä&x";

/// A server on a public address that remembers what it got.
async fn remembering(host: &str) -> std::sync::Arc<std::sync::Mutex<Vec<Seen>>> {
    let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let memory = std::sync::Arc::clone(&seen);
    let _server = serve_on(host, 80, move |request| {
        memory.lock().unwrap().push(request.clone());
        text("ok")
    })
    .await;
    seen
}

fn one_secret(value: &str) -> (Session, String) {
    let broker = broker(&[("bound.test", &[PUBLIC]), ("other.test", &[PUBLIC_2])]);
    let secrets = vec![sealed("API_KEY", value, &["bound.test"])];
    let session = session_with(&broker, &["bound.test", "other.test"], secrets);
    let placeholder = session.placeholder(&key("API_KEY")).unwrap();
    (session, placeholder)
}

#[test]
fn placeholders_are_filled_in_every_part_of_a_request() {
    in_namespace("secrets::placeholders_are_filled_in_every_part_of_a_request", || async {
        let seen = remembering(PUBLIC).await;
        let (session, token) = one_secret(VALUE);
        let basic = STANDARD.encode(format!("user:{token}"));
        let url = format!("http://bound.test/bot{token}/x?key={token}&n=1");
        let request = post(url, "application/json", format!(r#"{{"k":"{token}","k2":"a {token} b"}}"#));
        let request = with_header(
            with_header(request, "Authorization", &format!("basic {basic}")),
            "X-Key",
            &format!("t {token}"),
        );
        session.fetch(request).await.unwrap();
        session
            .fetch(post(
                "http://bound.test/",
                "application/x-www-form-urlencoded; charset=utf-8",
                format!("a=1&k={token}"),
            ))
            .await
            .unwrap();
        session.fetch(post("http://bound.test/", "text/plain", format!("[{token}]"))).await.unwrap();

        let seen = seen.lock().unwrap();
        let expected = "/bots3cr3t%2Fva+lue=%22%C3%A4&x/x?key=s3cr3t%2Fva%2Blue%3D%22%C3%A4%26x&n=1";
        assert_eq!(seen[0].uri.to_string(), expected);
        assert_eq!(seen[0].headers.get("x-key").unwrap().as_bytes(), format!("t {VALUE}").as_bytes());
        assert_eq!(seen[0].header("authorization"), format!("Basic {}", STANDARD.encode(format!("user:{VALUE}"))));
        assert_eq!(seen[0].header("accept-encoding"), "identity");
        let body: serde_json::Value = serde_json::from_slice(&seen[0].body).unwrap();
        assert_eq!(body, json!({"k": VALUE, "k2": format!("a {VALUE} b")}));
        assert_eq!(seen[1].body, "a=1&k=s3cr3t%2Fva%2Blue%3D%22%C3%A4%26x");
        assert_eq!(seen[2].body, format!("[{VALUE}]"));
    });
}

#[test]
fn a_placeholder_towards_an_unbound_host_is_refused_before_anything_is_sent() {
    in_namespace("secrets::a_placeholder_towards_an_unbound_host_is_refused_before_anything_is_sent", || async {
        let seen = remembering(PUBLIC_2).await;
        let (session, token) = one_secret(VALUE);
        let basic = format!("Basic {}", STANDARD.encode(format!("{token}:x")));
        for request in [
            get(format!("http://other.test/{token}")),
            get(format!("http://other.test/?q={token}")),
            with_header(get("http://other.test/"), "X-Key", &token),
            with_header(get("http://other.test/"), "Authorization", &basic),
            post("http://other.test/", "text/plain", token.clone()),
            post("http://other.test/", "application/octet-stream", Bytes::from([b"\xff", token.as_bytes()].concat())),
            get(format!("http://bound.test:8080/{token}")),
        ] {
            let error = session.fetch(request).await.unwrap_err();
            assert!(is_denied(&error), "{error:?}");
            assert!(error.message.contains("API_KEY") || error.message.contains("is not granted"), "{error:?}");
            assert!(!error.message.contains("s3cr3t"), "{error:?}");
        }
        assert!(seen.lock().unwrap().is_empty());
        assert_eq!(session.attempts().len(), 7);
    });
}

#[test]
fn a_secret_bound_nowhere_goes_nowhere_and_another_sessions_placeholder_is_only_text() {
    in_namespace(
        "secrets::a_secret_bound_nowhere_goes_nowhere_and_another_sessions_placeholder_is_only_text",
        || async {
            let seen = remembering(PUBLIC).await;
            let broker = broker(&[("bound.test", &[PUBLIC])]);
            let unbound = session_with(&broker, &["bound.test"], vec![sealed("API_KEY", VALUE, &[])]);
            let token = unbound.placeholder(&key("API_KEY")).unwrap();
            assert!(is_denied(&unbound.fetch(get(format!("http://bound.test/{token}"))).await.unwrap_err()));
            let (other, other_token) = one_secret(VALUE);
            assert_ne!(token, other_token);
            other.fetch(get(format!("http://bound.test/{token}"))).await.unwrap();
            let seen = seen.lock().unwrap();
            assert_eq!((seen.len(), seen[0].uri.path()), (1, format!("/{token}").as_str()));
        },
    );
}

#[test]
fn echoes_are_scrubbed_from_headers_body_and_url() {
    in_namespace("secrets::echoes_are_scrubbed_from_headers_body_and_url", || async {
        let _server = serve_on(PUBLIC, 80, |seen| {
            let value = seen.header("x-key").to_owned();
            let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            gzip.write_all(value.as_bytes()).unwrap();
            let (body, encoding) = match seen.uri.path() {
                "/gzip" => (gzip.finish().unwrap(), "gzip"),
                "/br" => (b"?".to_vec(), "br"),
                "/base64" => (STANDARD.encode(format!("u:{value}")).into_bytes(), "identity"),
                _ => (format!("<{value}>").into_bytes(), "identity"),
            };
            http::Response::builder()
                .header("x-echo", &value)
                .header("content-encoding", encoding)
                .body(Full::new(Bytes::from(body)))
                .unwrap()
        })
        .await;
        let (session, token) = one_secret("plain-secret-value");
        for (path, expected) in
            [("", "<[secret API_KEY]>"), ("gzip", "[secret API_KEY]"), ("base64", "dT[secret API_KEY]")]
        {
            let request = with_header(get(format!("http://bound.test/{path}")), "X-Key", &token);
            let answer = session.fetch(with_header(request, "Accept-Encoding", "gzip, br")).await.unwrap();
            let body = String::from_utf8_lossy(&answer.body).into_owned();
            assert!(body.contains(expected) || path == "base64" && body.contains("[secret API_KEY]"), "{path}: {body}");
            assert!(!format!("{answer:?}").contains("plain-secret"), "{answer:?}");
            assert!(answer.headers.contains(&("x-echo".to_owned(), "[secret API_KEY]".to_owned())), "{answer:?}");
        }
        let unreadable = session.fetch(with_header(get("http://bound.test/br"), "X-Key", &token)).await.unwrap_err();
        assert_eq!(unreadable.kind, FetchErrorKind::Protocol);
    });
}

#[test]
fn a_redirect_cannot_carry_a_value_to_an_unbound_host() {
    in_namespace("secrets::a_redirect_cannot_carry_a_value_to_an_unbound_host", || async {
        let reached = Count::default();
        let count = reached.clone();
        let _other = serve_on(PUBLIC_2, 80, move |seen| {
            count.add();
            echo(seen)
        })
        .await;
        let _bound = serve_on(PUBLIC, 80, |seen| match seen.uri.path() {
            "/open" => redirect(302, seen.uri.query().unwrap().strip_prefix("to=").unwrap()),
            "/same" => redirect(307, &format!("/landed?{}", seen.uri.query().unwrap())),
            "/away" => redirect(307, "http://other.test/"),
            _ => echo(seen),
        })
        .await;
        let (session, token) = one_secret("plain-secret-value");
        // An open redirect that would echo the value to a host that is granted but not bound.
        let error = session
            .fetch(following(format!("http://bound.test/open?to=http://other.test/?k={token}")))
            .await
            .unwrap_err();
        assert!(is_denied(&error) && error.message.contains("API_KEY"), "{error:?}");
        // A body with a placeholder is sent again by 307: refused for the unbound host.
        let body =
            FetchRequest { follow_redirects: true, ..post("http://bound.test/away", "text/plain", token.clone()) };
        assert!(is_denied(&session.fetch(body).await.unwrap_err()));
        assert_eq!(reached.get(), 0);
        // A header with a placeholder stays at home; the rest goes.
        let request = with_header(following("http://bound.test/away"), "X-Api-Key", &token);
        let answer = session.fetch(request).await.unwrap();
        assert!(!String::from_utf8_lossy(&answer.body).contains("x-api-key"), "{answer:?}");
        // On the bound host itself the value is put in anew.
        let answer =
            session.fetch(with_header(following("http://bound.test/same?a=b"), "X-Api-Key", &token)).await.unwrap();
        assert!(String::from_utf8_lossy(&answer.body).contains("x-api-key: [secret API_KEY]"), "{answer:?}");
        assert!(!format!("{:?}", session.attempts()).contains("plain-secret"));
    });
}

#[test]
fn values_that_fit_nowhere_are_refused_and_growth_is_capped() {
    in_namespace("secrets::values_that_fit_nowhere_are_refused_and_growth_is_capped", || async {
        let seen = remembering(PUBLIC).await;
        let (session, token) = one_secret("line one\r\nX-Injected: yes");
        let error = session.fetch(with_header(get("http://bound.test/"), "X-Key", &token)).await.unwrap_err();
        assert!(error.kind == FetchErrorKind::InvalidRequest && error.message.contains("API_KEY"), "{error:?}");
        let (session, token) = one_secret(&"x".repeat(60_000));
        let error = session.fetch(post("http://bound.test/", "text/plain", token.repeat(200))).await.unwrap_err();
        assert_eq!(error.kind, FetchErrorKind::TooLarge, "{error:?}");
        let error = session.fetch(get(format!("http://bound.test/{token}{token}"))).await.unwrap_err();
        assert_eq!(error.kind, FetchErrorKind::TooLarge, "{error:?}");
        assert!(seen.lock().unwrap().is_empty());
    });
}

#[tokio::test]
async fn texts_and_json_are_scrubbed_of_sealed_and_revealed_values() {
    let revealed = UnsealedSecret { mode: SecretMode::Revealed, ..sealed("SIGN_KEY", "revealed&value", &[]) };
    let secrets = vec![
        sealed("API_KEY", "plain-secret-value", &[]),
        revealed,
        sealed("PIN", "123456", &[]),
        sealed("TINY", "1234", &[]),
    ];
    let session = session_with(&broker(&[]), &[], secrets);
    assert_eq!(session.placeholder(&key("SIGN_KEY")), None);
    assert_eq!(session.placeholder(&key("UNKNOWN")), None);
    assert!(session.placeholder(&key("API_KEY")).unwrap().starts_with("mcpbox-sealed-"));
    assert_eq!(
        session.scrub_text("a plain-secret-value b PLAIN-SECRET-VALUE c revealed&value revealed%26value 1234"),
        "a [secret API_KEY] b [secret API_KEY] c [secret SIGN_KEY] [secret SIGN_KEY] 1234"
    );
    let dirty = json!({"plain-secret-value": ["x plain-secret-value", 123456, 1234, 7.5, null, true], "b": {"c": "revealed&amp;value"}});
    let clean = json!({"[secret API_KEY]": ["x [secret API_KEY]", "[secret PIN]", 1234, 7.5, null, true], "b": {"c": "[secret SIGN_KEY]"}});
    assert_eq!(session.scrub_json(dirty), clean);
}
