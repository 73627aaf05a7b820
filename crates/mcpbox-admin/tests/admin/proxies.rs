//! Behind a proxy: who asks, and over what, is what the proxies say that the operator trusts, and nobody else.

use futures::FutureExt;
use mcpbox_admin::{AdminConfig, Connect, HealthReport, Hop, Monitor, PublicAddress, RateLimit};
use mcpbox_core::proxies::Proxies;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{Client, Fixture, PASSWORD, USER, unlimited};

fn behind_a_proxy() -> AdminConfig {
    AdminConfig { proxies: Proxies::these(vec!["127.0.0.1/32".parse().unwrap()]), ..unlimited() }
}

async fn log_in(client: &Client, password: &str) -> u16 {
    client.post("/api/session", json!({"username": USER, "password": password})).await.status.as_u16()
}

#[tokio::test]
async fn an_attacker_is_locked_out_alone_and_cannot_claim_to_be_somebody_else() {
    let rate_limit = RateLimit::default();
    let fixture = Fixture::start_with(AdminConfig { rate_limit, ..behind_a_proxy() }).await;
    fixture.admin().await;
    let from = |chain: &str| fixture.browser().with("x-forwarded-for", chain);
    for number in 0..5 {
        // What stands on the left is the attacker's own invention.
        assert_eq!(log_in(&from(&format!("10.0.0.{number}, 198.51.100.7")), "wrong horse battery").await, 401);
    }
    for chain in ["198.51.100.7", "203.0.113.1, 198.51.100.7", "203.0.113.1, ::ffff:198.51.100.7, 127.0.0.1"] {
        let reply = from(chain).post("/api/session", json!({"username": USER, "password": PASSWORD})).await;
        assert_eq!(reply.status, 429, "{chain}");
        assert!(reply.header("retry-after").parse::<u64>().unwrap() > 0);
    }
    let owner = from("203.0.113.1").post("/api/session", json!({"username": USER, "password": PASSWORD})).await;
    assert_eq!(owner.status, 200, "the owner is somebody else: {}", owner.text());
    let sessions = from("203.0.113.1").with("cookie", &owner.cookie()).get("/api/sessions").await.json();
    assert!(
        sessions["items"].as_array().unwrap().iter().any(|session| session["origin"] == "203.0.113.1"),
        "{sessions}"
    );
}

#[tokio::test]
async fn whoever_is_not_trusted_is_the_other_end_of_the_connection() {
    let rate_limit = RateLimit::default();
    let fixture = Fixture::start_with(AdminConfig { rate_limit, ..unlimited() }).await;
    fixture.admin().await;
    let from = |address: &str| fixture.browser().with("x-forwarded-for", address);
    for number in 0..5 {
        assert_eq!(log_in(&from(&format!("198.51.100.{number}")), "wrong horse battery").await, 401);
    }
    assert_eq!(log_in(&from("203.0.113.1"), PASSWORD).await, 429, "each attempt claims another address");
}

#[tokio::test]
async fn what_a_trusted_proxy_says_is_readable_or_the_request_is_refused() {
    let fixture = Fixture::start_with(behind_a_proxy()).await;
    for (name, value) in
        [("x-forwarded-for", "unknown"), ("x-forwarded-for", "203.0.113.1,"), ("x-forwarded-proto", "wss")]
    {
        let reply = fixture.browser().with(name, value).get("/api/setup").await;
        assert_eq!(reply.status, 400, "{name}: {value}");
        assert!(reply.text().contains("MCPBOX_TRUSTED_PROXIES"), "{}", reply.text());
        assert_eq!(Fixture::start().await.browser().with(name, value).get("/api/setup").await.status, 200);
    }
}

#[tokio::test]
async fn only_a_trusted_proxy_makes_cookies_and_promises_for_https() {
    let body = json!({"username": USER, "password": PASSWORD});
    for (config, is_believed) in [(behind_a_proxy(), true), (unlimited(), false)] {
        let fixture = Fixture::start_with(AdminConfig { hsts: true, ..config }).await;
        fixture.admin().await;
        let scheme = if is_believed { "https" } else { "http" };
        let origin = format!("{scheme}://{}", fixture.address);
        let browser = fixture.browser().with("origin", &origin).with("x-forwarded-proto", "https");
        let login = browser.post("/api/session", body.clone()).await;
        assert_eq!(login.status, 200, "{}", login.text());
        assert_eq!(login.header("set-cookie").starts_with("__Host-mcpbox_session="), is_believed);
        assert_eq!(login.header("set-cookie").contains("; Secure"), is_believed);
        assert_eq!(login.headers.contains_key("strict-transport-security"), is_believed);
        let session = browser.clone().with("cookie", &login.cookie()).get("/api/session").await;
        assert_eq!(session.status, 200);
        if is_believed {
            let page = browser.with("origin", &format!("http://{}", fixture.address));
            assert_eq!(
                page.post("/api/session", body.clone()).await.status,
                403,
                "a page that is not https is another origin"
            );
            let plain = fixture.browser().with("cookie", &login.cookie()).get("/api/session").await;
            assert_eq!(plain.status, 401, "the cookie is for https alone");
            assert!(!plain.headers.contains_key("strict-transport-security"));
        }
    }
    let fixture = Fixture::start_with(AdminConfig { cookie_secure: true, ..unlimited() }).await;
    assert!(!fixture.browser().get("/").await.headers.contains_key("strict-transport-security"), "only when asked for");
}

#[tokio::test]
async fn a_proxy_on_this_machine_is_no_program_of_this_machine() {
    let monitor = Monitor {
        metrics: std::sync::Arc::new(|| async { "calls_total 7\n".to_owned() }.boxed()),
        health: std::sync::Arc::new(|| std::future::ready(HealthReport { is_ready: true, detail: json!({}) }).boxed()),
        content_type: "text/plain",
        token: None,
    };
    let with = |config| AdminConfig { monitor: Some(monitor.clone()), ..config };
    let open = Fixture::start_with(with(unlimited())).await;
    assert_eq!(open.browser().get("/metrics").await.status, 200);
    let closed = Fixture::start_with(with(behind_a_proxy())).await;
    assert_eq!(closed.browser().get("/metrics").await.status, 401, "a proxy that says nothing speaks for anybody");
    // The simplest of proxies speaks HTTP/1.0 and adds no header.
    let mut stream = TcpStream::from_std({
        let stream = std::net::TcpStream::connect(open.address).unwrap();
        stream.set_nonblocking(true).unwrap();
        stream
    })
    .unwrap();
    let head = format!("GET /metrics HTTP/1.0\r\nHost: {}\r\n\r\n", open.address);
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.contains(" 401 ") && !answer.contains("calls_total"), "{answer}");
}

#[tokio::test]
async fn a_flood_of_logins_is_told_to_wait_and_the_owner_gets_in_after_it() {
    let fixture = Fixture::start().await;
    fixture.admin().await;
    let attempt = |_| {
        let browser = fixture.browser();
        async move { browser.post("/api/session", json!({"username": USER, "password": "wrong horse battery"})).await }
    };
    let answers = futures::future::join_all((0..80).map(attempt)).await;
    let told: Vec<_> = answers.iter().filter(|answer| answer.status == 429).collect();
    assert!(!told.is_empty() && told.len() < 80, "{} of 80", told.len());
    assert!(told.iter().all(|answer| answer.header("retry-after").parse::<u64>().is_ok_and(|seconds| seconds > 0)));
    assert_eq!(log_in(&fixture.browser(), PASSWORD).await, 200);
}

#[tokio::test]
async fn the_way_of_clients_elsewhere_is_checked_by_one_human_at_a_time() {
    let off = Fixture::start().await;
    let admin = off.admin().await;
    let refused = admin.post("/api/connection/check", json!({})).await;
    assert!(refused.assert_problem(409, "remote_access_off").to_string().contains("MCPBOX_PUBLIC_URL"));
    let hop = Hop {
        name: "name".to_owned(),
        wanted: "a name that resolves".to_owned(),
        got: "no address".to_owned(),
        is_ok: false,
        why: "clients find the box by it".to_owned(),
        fix: "Make a DNS record".to_owned(),
    };
    let turn = std::sync::Arc::new(tokio::sync::Semaphore::new(1));
    let walk = std::sync::Arc::new(move || std::future::ready(vec![hop.clone()]).boxed());
    let public = PublicAddress { url: "https://box.example.com".to_owned(), walk, turn: turn.clone() };
    let connect = Connect { public: Some(public), ..Connect::default() };
    let fixture = Fixture::start_with(AdminConfig { connect, ..unlimited() }).await;
    let admin = fixture.admin().await;
    assert_eq!(admin.get("/api/connection").await.json()["public_url"], "https://box.example.com");
    let checked = admin.post("/api/connection/check", json!({})).await.json();
    assert_eq!((&checked["is_ok"], &checked["hops"][0]["fix"]), (&json!(false), &json!("Make a DNS record")));
    let _held = turn.try_acquire().unwrap();
    admin.post("/api/connection/check", json!({})).await.assert_problem(409, "conflict");
}
