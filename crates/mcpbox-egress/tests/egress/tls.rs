//! HTTPS: names are verified, extra roots are honoured, HTTP/2 is spoken where offered, nobody steps down.

use mcpbox_egress::{BrokerConfig, EgressError, ExtraRoots, FetchErrorKind};

use crate::support::{
    LAN, PUBLIC, broker, broker_with, following, get, in_namespace, is_denied,
    server::{Authority, echo, redirect, serve_on, serve_tls, text},
    session,
};

#[test]
fn a_host_with_a_ca_of_its_own_needs_that_ca_and_its_name() {
    in_namespace("tls::a_host_with_a_ca_of_its_own_needs_that_ca_and_its_name", || async {
        let authority = Authority::new();
        let server = serve_tls(LAN, 443, &authority, &["nas.test", LAN], &["http/1.1"], echo).await;
        let names: &[(&str, &[&str])] = &[("nas.test", &[LAN]), ("wrong.test", &[LAN])];
        let grants = ["nas.test:443", "wrong.test:443", LAN];

        let untrusting = broker(names);
        let error = session(&untrusting, &grants).fetch(get("https://nas.test/")).await.unwrap_err();
        assert!(error.kind == FetchErrorKind::Tls && error.message.contains("MCPBOX_EXTRA_CA"), "{error:?}");

        let pem = authority.pem.clone().into_bytes();
        let trusting = broker_with(names, |config| BrokerConfig { extra_roots: vec![ExtraRoots::Pem(pem)], ..config });
        let answer = session(&trusting, &grants).fetch(get("https://nas.test/")).await.unwrap();
        assert_eq!((answer.status, answer.http_version), (200, "HTTP/1.1"));
        assert!(String::from_utf8_lossy(&answer.body).contains("host: nas.test\n"));
        assert_eq!(session(&trusting, &grants).fetch(get(format!("https://{LAN}/"))).await.unwrap().status, 200);
        let error = session(&trusting, &grants).fetch(get("https://wrong.test/")).await.unwrap_err();
        assert_eq!(error.kind, FetchErrorKind::Tls, "{error:?}");
        assert_eq!(server.connections.get(), 4);
    });
}

#[test]
fn http2_is_spoken_where_offered_over_one_connection() {
    in_namespace("tls::http2_is_spoken_where_offered_over_one_connection", || async {
        let authority = Authority::new();
        let server = serve_tls(PUBLIC, 443, &authority, &["api.test"], &["h2", "http/1.1"], echo).await;
        let pem = authority.pem.clone().into_bytes();
        let broker = broker_with(&[("api.test", &[PUBLIC])], |config| BrokerConfig {
            extra_roots: vec![ExtraRoots::Pem(pem)],
            ..config
        });
        for _ in 0..2 {
            let session = session(&broker, &["api.test"]);
            let first = session.fetch(get("https://api.test/a?b")).await.unwrap();
            assert_eq!((first.status, first.http_version), (200, "HTTP/2"));
            assert!(first.body.starts_with(b"GET https://api.test/a?b HTTP/2.0\n"), "{first:?}");
            let more = (0..10).map(|_| session.fetch(get("https://api.test/")));
            assert!(futures::future::join_all(more).await.iter().all(Result::is_ok));
        }
        assert_eq!(server.connections.get(), 1);
    });
}

#[test]
fn a_redirect_from_https_to_http_is_refused_and_recorded() {
    in_namespace("tls::a_redirect_from_https_to_http_is_refused_and_recorded", || async {
        let authority = Authority::new();
        let _tls = serve_tls(PUBLIC, 443, &authority, &["api.test"], &[], |_| redirect(301, "http://api.test/x")).await;
        let plain = serve_on(PUBLIC, 80, |seen| match seen.uri.path() {
            "/up" => redirect(301, "https://api.test/"),
            _ => text("plain"),
        })
        .await;
        let pem = authority.pem.clone().into_bytes();
        let broker = broker_with(&[("api.test", &[PUBLIC])], |config| BrokerConfig {
            extra_roots: vec![ExtraRoots::Pem(pem)],
            ..config
        });
        let session = session(&broker, &["api.test"]);
        let error = session.fetch(following("https://api.test/")).await.unwrap_err();
        assert!(is_denied(&error) && error.message.contains("from https to plain http"), "{error:?}");
        assert_eq!(plain.connections.get(), 0);
        let ports: Vec<u16> = session.attempts().iter().map(|attempt| attempt.port).collect();
        assert_eq!(ports, [443, 80]);

        // An HTTP library that follows by itself gets no further.
        let by_hand = crate::support::session(&broker, &["api.test"]);
        assert_eq!(by_hand.fetch(get("https://api.test/")).await.unwrap().status, 301);
        let error = by_hand.fetch(get("http://api.test/x#y")).await.unwrap_err();
        assert!(is_denied(&error) && error.message.contains("from https to plain http"), "{error:?}");
        assert_eq!(plain.connections.get(), 0);
        assert_eq!(by_hand.fetch(get("http://api.test/other")).await.unwrap().body, "plain");
    });
}

#[test]
fn speaking_tls_to_a_plain_port_and_plain_to_a_tls_port_fails_clearly() {
    in_namespace("tls::speaking_tls_to_a_plain_port_and_plain_to_a_tls_port_fails_clearly", || async {
        let _plain = serve_on(LAN, 8080, echo).await;
        let _tls = serve_tls(LAN, 8443, &Authority::new(), &[LAN], &[], echo).await;
        let session = session(&broker(&[]), &["10.99.0.1:8080", "10.99.0.1:8443"]);
        assert_eq!(session.fetch(get("https://10.99.0.1:8080/")).await.unwrap_err().kind, FetchErrorKind::Tls);
        assert_eq!(session.fetch(get("http://10.99.0.1:8443/")).await.unwrap_err().kind, FetchErrorKind::Protocol);
    });
}

#[test]
fn extra_roots_that_hold_nothing_are_an_error_at_start() {
    let with = |source| {
        let config = BrokerConfig { extra_roots: vec![source], ..BrokerConfig::default() };
        mcpbox_egress::Broker::new(config).err()
    };
    assert!(matches!(with(ExtraRoots::Pem(b"no pem".to_vec())), Some(EgressError::NoRoots { .. })));
    let missing = with(ExtraRoots::File("/nonexistent/ca.pem".into()));
    assert!(missing.is_some_and(|error| error.to_string().contains("/nonexistent/ca.pem")));
}
