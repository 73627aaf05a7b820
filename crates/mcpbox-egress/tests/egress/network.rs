//! Real requests: what goes over the wire, caps, broken hosts, kept connections, pinned addresses.

use std::time::{Duration, Instant};

use mcpbox_core::execute::HostOutcome;
use mcpbox_egress::{FetchErrorKind, FetchRequest};

use crate::support::{
    Count, LAN, PUBLIC, PUBLIC_2, PUBLIC_6, broker, broker_with, get, in_namespace, is_denied, post,
    server::{After, echo, serve, serve_on, serve_raw, text},
    session, with_header,
};

#[test]
fn a_granted_lan_host_answers_and_the_attempt_is_recorded() {
    in_namespace("network::a_granted_lan_host_answers_and_the_attempt_is_recorded", || async {
        let server = serve(LAN, echo).await;
        let grant = format!("nas.test:{}", server.port);
        let session = session(&broker(&[("nas.test", &[LAN])]), &[&grant]);
        let answer = session.fetch(get(format!("http://NAS.test.:{}/a/b?c=d#e", server.port))).await.unwrap();
        let body = String::from_utf8(answer.body.to_vec()).unwrap();
        assert_eq!((answer.status, answer.http_version), (200, "HTTP/1.1"));
        assert!(body.starts_with("GET /a/b?c=d HTTP/1.1\n"), "{body}");
        assert!(body.contains(&format!("host: nas.test:{}\n", server.port)), "{body}");
        assert_eq!(answer.url, format!("http://nas.test:{}/a/b?c=d", server.port));
        let attempts = session.attempts();
        assert_eq!(attempts.len(), 1);
        assert_eq!((attempts[0].host.as_str(), attempts[0].port), ("nas.test", server.port));
        assert_eq!((attempts[0].method.as_str(), attempts[0].outcome), ("GET", HostOutcome::Reached));
        assert_eq!(attempts[0].detail, "200");
    });
}

#[test]
fn public_hosts_need_no_port_in_their_grant() {
    in_namespace("network::public_hosts_need_no_port_in_their_grant", || async {
        let _v4 = serve_on(PUBLIC, 80, echo).await;
        let _v6 = serve_on(PUBLIC_6, 80, |_| text("six")).await;
        let broker =
            broker(&[("v4.test", &[PUBLIC]), ("v6.test", &[PUBLIC_6]), ("both.test", &["2606:4700::dead", PUBLIC])]);
        let session = session(&broker, &["v4.test", "v6.test", "both.test", PUBLIC_6]);
        assert_eq!(session.fetch(get("http://v4.test/")).await.unwrap().status, 200);
        assert_eq!(session.fetch(get("http://v6.test/")).await.unwrap().body, "six");
        assert_eq!(session.fetch(get(format!("http://[{PUBLIC_6}]/"))).await.unwrap().body, "six");
        // The first address does not answer: the second is used.
        let body = session.fetch(get("http://both.test/")).await.unwrap().body;
        assert!(String::from_utf8_lossy(&body).contains("host: both.test\n"));
    });
}

#[test]
fn loopback_is_not_reached_even_when_a_server_listens_and_all_is_granted() {
    in_namespace("network::loopback_is_not_reached_even_when_a_server_listens_and_all_is_granted", || async {
        let v4 = serve("127.0.0.1", echo).await;
        let v6 = serve("::1", echo).await;
        let grants = [format!("127.0.0.1:{}", v4.port), format!("[::1]:{}", v6.port), format!("home.test:{}", v4.port)];
        let grants: Vec<&str> = grants.iter().map(String::as_str).collect();
        let session = session(&broker(&[("home.test", &["127.0.0.1"])]), &grants);
        for url in [
            format!("http://127.0.0.1:{}/", v4.port),
            format!("http://[::1]:{}/", v6.port),
            format!("http://home.test:{}/", v4.port),
            format!("http://2130706433:{}/", v4.port),
        ] {
            assert!(is_denied(&session.fetch(get(&url)).await.unwrap_err()), "{url}");
        }
        assert_eq!((v4.connections.get(), v6.connections.get()), (0, 0));
        assert!(session.attempts().iter().all(|attempt| attempt.outcome == HostOutcome::Denied));
    });
}

#[test]
fn a_name_that_changes_its_answer_is_judged_each_time_and_reaches_what_was_judged() {
    in_namespace("network::a_name_that_changes_its_answer_is_judged_each_time_and_reaches_what_was_judged", || async {
        let public = serve_on(PUBLIC, 80, |_| text("public")).await;
        let private = serve_on(LAN, 80, |_| text("private")).await;
        let rebinding = broker(&[("rebind.test", &[PUBLIC]), ("rebind.test", &[LAN]), ("rebind.test", &[PUBLIC])]);
        let session = session(&rebinding, &["rebind.test"]);
        // If the transport resolved again after the check, the first request would go to the second answer.
        assert_eq!(session.fetch(get("http://rebind.test/")).await.unwrap().body, "public");
        assert!(is_denied(&session.fetch(get("http://rebind.test/")).await.unwrap_err()));
        assert_eq!(session.fetch(get("http://rebind.test/")).await.unwrap().body, "public");
        assert_eq!((public.connections.get(), private.connections.get()), (1, 0));
    });
}

#[test]
fn a_kept_connection_is_not_used_for_another_address_of_the_name() {
    in_namespace("network::a_kept_connection_is_not_used_for_another_address_of_the_name", || async {
        let one = serve_on(PUBLIC, 80, |_| text("one")).await;
        let two = serve_on(PUBLIC_2, 80, |_| text("two")).await;
        let broker = broker(&[("moves.test", &[PUBLIC]), ("moves.test", &[PUBLIC_2])]);
        let first = session(&broker, &["moves.test"]);
        assert_eq!(first.fetch(get("http://moves.test/")).await.unwrap().body, "one");
        assert_eq!(first.fetch(get("http://moves.test/")).await.unwrap().body, "two");
        // Another call with the same answer takes the kept connection.
        let second = session(&broker, &["moves.test"]);
        assert_eq!(second.fetch(get("http://moves.test/")).await.unwrap().body, "two");
        assert_eq!((one.connections.get(), two.connections.get()), (1, 1));
    });
}

#[test]
fn a_host_that_closes_kept_connections_is_asked_again_but_only_safely() {
    in_namespace("network::a_host_that_closes_kept_connections_is_asked_again_but_only_safely", || async {
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
        for after in [After::Close, After::CloseOnNext] {
            let server = serve_raw(LAN, answer, after).await;
            let grant = format!("{LAN}:{}", server.port);
            let session = session(&broker(&[]), &[&grant]);
            for round in 1..=3 {
                assert_eq!(session.fetch(get(format!("http://{grant}/"))).await.unwrap().body, "ok");
                assert_eq!(server.connections.get(), round);
            }
        }
        // The host has got the second request and said nothing: a POST may have been done, so it is not sent again.
        let server = serve_raw(LAN, answer, After::CloseOnNext).await;
        let grant = format!("{LAN}:{}", server.port);
        let session = session(&broker(&[]), &[&grant]);
        let send = || session.fetch(post(format!("http://{grant}/"), "text/plain", "once"));
        assert_eq!(send().await.unwrap().body, "ok");
        assert_eq!(send().await.unwrap_err().kind, FetchErrorKind::Protocol);
        assert_eq!(server.connections.get(), 1);
    });
}

#[test]
fn sizes_are_capped_announced_or_not() {
    in_namespace("network::sizes_are_capped_announced_or_not", || async {
        let announced = serve(LAN, |_| text(vec![b'x'; 200_000])).await;
        let endless = serve_raw(LAN, b"HTTP/1.1 200 OK\r\n\r\n", After::Flood(b'x')).await;
        let liar = serve_raw(LAN, b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n", After::Hang).await;
        let head = serve_raw(LAN, b"HTTP/1.1 200 OK\r\nx: ", After::Flood(b'x')).await;
        let fits = serve(LAN, |_| text(vec![b'x'; 100_000])).await;
        let ports = [announced.port, endless.port, liar.port, head.port, fits.port];
        let grants: Vec<String> = ports.iter().map(|port| format!("{LAN}:{port}")).collect();
        let grants: Vec<&str> = grants.iter().map(String::as_str).collect();
        let broker = broker_with(&[], |config| mcpbox_egress::BrokerConfig {
            max_response_bytes: 100_000,
            max_request_bytes: 1_000,
            ..config
        });
        let session = session(&broker, &grants);
        for port in [announced.port, endless.port, liar.port] {
            let error = session.fetch(get(format!("http://{LAN}:{port}/"))).await.unwrap_err();
            assert!(error.kind == FetchErrorKind::TooLarge && error.message.contains("97 KiB"), "{port} {error:?}");
        }
        let error = session.fetch(get(format!("http://{LAN}:{}/", head.port))).await.unwrap_err();
        assert_eq!(error.kind, FetchErrorKind::Protocol, "{error}");
        assert_eq!(session.fetch(get(format!("http://{LAN}:{}/", fits.port))).await.unwrap().body.len(), 100_000);
        let big = post(format!("http://{LAN}:{}/", fits.port), "text/plain", vec![b'x'; 1_001]);
        assert_eq!(session.fetch(big).await.unwrap_err().kind, FetchErrorKind::TooLarge);
    });
}

#[test]
fn all_answers_together_are_capped_and_the_budget_is_given_back() {
    in_namespace("network::all_answers_together_are_capped_and_the_budget_is_given_back", || async {
        let server = serve(LAN, |seen| text(vec![b'x'; seen.uri.path()[1..].parse().unwrap()])).await;
        let grant = format!("{LAN}:{}", server.port);
        let broker = broker_with(&[], |config| mcpbox_egress::BrokerConfig { max_buffered_bytes: 50_000, ..config });
        let session = session(&broker, &[&grant]);
        for _ in 0..3 {
            assert_eq!(session.fetch(get(format!("http://{grant}/40000"))).await.unwrap().body.len(), 40_000);
            let error = session.fetch(get(format!("http://{grant}/60000"))).await.unwrap_err();
            assert!(error.kind == FetchErrorKind::TooLarge && error.message.contains("at once"), "{error:?}");
        }
    });
}

#[test]
fn time_is_capped_for_silent_and_for_slow_hosts() {
    in_namespace("network::time_is_capped_for_silent_and_for_slow_hosts", || async {
        let silent = serve_raw(LAN, b"", After::Hang).await;
        let slow = serve_raw(LAN, b"HTTP/1.1 200 OK\r\n\r\n", After::Drip(b'x')).await;
        let slow_head = serve_raw(LAN, b"HTTP/1.1 200 OK\r\nx: ", After::Drip(b'x')).await;
        for port in [silent.port, slow.port, slow_head.port] {
            let session = session(&broker(&[]), &[&format!("{LAN}:{port}")]);
            let request = FetchRequest { timeout_ms: Some(300), ..get(format!("http://{LAN}:{port}/")) };
            let start = Instant::now();
            let error = session.fetch(request).await.unwrap_err();
            assert_eq!(error.kind, FetchErrorKind::Timeout, "{error}");
            assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
            let attempts = session.attempts();
            assert_eq!((attempts.len(), attempts[0].outcome), (1, HostOutcome::Failed));
        }
    });
}

#[test]
fn broken_hosts_are_told_apart() {
    in_namespace("network::broken_hosts_are_told_apart", || async {
        let rows: [(&'static [u8], FetchErrorKind, &str); 4] = [
            (b"SSH-2.0-OpenSSH_9.9\r\n", FetchErrorKind::Protocol, "not HTTP"),
            (b"", FetchErrorKind::Protocol, "closed the connection"),
            (b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc", FetchErrorKind::Protocol, "broke off"),
            (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", FetchErrorKind::Protocol, "broke off"),
        ];
        for (bytes, kind, words) in rows {
            let server = serve_raw(LAN, bytes, After::Close).await;
            let grant = format!("{LAN}:{}", server.port);
            let error = session(&broker(&[]), &[&grant]).fetch(get(format!("http://{grant}/"))).await.unwrap_err();
            assert!(error.kind == kind && error.message.contains(words), "{error:?}");
        }
        let error = session(&broker(&[]), &["10.99.0.1:9"]).fetch(get("http://10.99.0.1:9/")).await.unwrap_err();
        assert_eq!(error.kind, FetchErrorKind::ConnectFailed, "{error}");
    });
}

#[test]
fn a_logged_in_connection_is_not_kept_for_others() {
    in_namespace("network::a_logged_in_connection_is_not_kept_for_others", || async {
        let server = serve(LAN, |_| text("ok")).await;
        let grant = format!("{LAN}:{}", server.port);
        let broker = broker(&[]);
        for round in 1..=2 {
            let request = with_header(get(format!("http://{grant}/")), "Authorization", "NTLM TlRMTVNTUAAB");
            session(&broker, &[&grant]).fetch(request).await.unwrap();
            assert_eq!(server.connections.get(), round);
        }
    });
}

#[test]
fn many_requests_of_one_session_wait_for_each_other_and_stay_in_evidence() {
    in_namespace("network::many_requests_of_one_session_wait_for_each_other_and_stay_in_evidence", || async {
        let answered = Count::default();
        let count = answered.clone();
        let server = serve(LAN, move |_| text(count.add().to_string())).await;
        let grant = format!("{LAN}:{}", server.port);
        let session = session(&broker(&[]), &[&grant]);
        let requests = (0..150).map(|_| session.fetch(get(format!("http://{grant}/"))));
        let answers = futures::future::join_all(requests).await;
        assert!(answers.iter().all(|answer| answer.as_ref().is_ok_and(|answer| answer.status == 200)));
        assert_eq!(answered.get(), 150);
        assert!(server.connections.get() <= 16 + 1, "{}", server.connections.get());
        assert_eq!(session.attempts().len(), 100);
    });
}
