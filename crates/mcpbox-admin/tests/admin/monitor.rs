//! Who may read `/metrics` and `/health/detail`.

use std::sync::Arc;

use futures::FutureExt;
use mcpbox_admin::{AdminConfig, HealthReport, Monitor};
use mcpbox_core::bearer::BearerKey;

use crate::support::{Client, Fixture, unlimited};

const FORMAT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

fn with_metrics(token: Option<&str>) -> AdminConfig {
    let report = HealthReport { is_ready: false, detail: serde_json::json!({"status": "unavailable"}) };
    let monitor = Monitor {
        metrics: Arc::new(|| async { "calls_total 7\n# EOF\n".to_owned() }.boxed()),
        health: Arc::new(move || std::future::ready(report.clone()).boxed()),
        content_type: FORMAT,
        token: token.map(|hex| BearerKey::parse(hex).unwrap()),
    };
    AdminConfig { monitor: Some(monitor), ..unlimited() }
}

#[tokio::test]
async fn without_a_token_this_machine_may_read_but_nobody_through_a_proxy_or_another_name() {
    let fixture = Fixture::start_with(with_metrics(None)).await;
    for local in [fixture.browser(), fixture.cli()] {
        let reply = local.get("/metrics").await;
        assert_eq!((reply.status.as_u16(), reply.text().as_str()), (200, "calls_total 7\n# EOF\n"));
        assert_eq!(reply.headers["content-type"], FORMAT);
    }
    let foreign = [
        ("host", "rebound.example.org"),
        ("x-forwarded-for", "198.51.100.7"),
        ("forwarded", "for=198.51.100.7"),
        ("x-real-ip", "198.51.100.7"),
        ("via", "1.1 proxy"),
    ];
    for (name, value) in foreign {
        let reply = fixture.browser().with(name, value).get("/metrics").await;
        assert_eq!(reply.status, 401, "{name}");
        assert!(reply.text().contains("MCPBOX_METRICS_TOKEN") && !reply.text().contains("calls_total"));
    }
    let admin = fixture.admin().await;
    assert_eq!(admin.with("x-forwarded-for", "198.51.100.7").get("/metrics").await.status, 200, "a human may");
}

#[tokio::test]
async fn with_a_token_only_the_token_or_a_human_reads() {
    let hex = "ab".repeat(32);
    let fixture = Fixture::start_with(with_metrics(Some(&hex))).await;
    assert_eq!(fixture.browser().get("/metrics").await.status, 401);
    let wrong = fixture.browser().with("authorization", &format!("Bearer {}", "cd".repeat(32)));
    assert_eq!(wrong.get("/metrics").await.status, 401);
    let right = fixture.browser().with("authorization", &format!("Bearer {hex}"));
    assert_eq!(right.get("/metrics").await.status, 200);
    let by_name = right.clone().with("host", "mcpbox.internal:3000").with("x-forwarded-for", "198.51.100.7");
    assert_eq!(by_name.get("/metrics").await.status, 200, "a scraper uses any name and way");
    assert_eq!(right.get("/api/servers").await.status, 401, "it opens nothing else");
    assert_eq!(fixture.admin().await.get("/metrics").await.status, 200);
}

#[tokio::test]
async fn without_metrics_there_is_no_such_door() {
    let fixture = Fixture::start_with(AdminConfig { ui: axum::Router::new(), ..unlimited() }).await;
    assert_eq!(fixture.cli().get("/metrics").await.status, 404);
}

#[tokio::test]
async fn that_it_lives_is_told_to_all_and_how_it_is_only_to_a_human_or_the_token() {
    let hex = "ab".repeat(32);
    for token in [None, Some(hex.as_str())] {
        let fixture = Fixture::start_with(with_metrics(token)).await;
        for (name, value) in [("host", "10.1.2.3"), ("x-forwarded-for", "198.51.100.7")] {
            let reply = fixture.browser().with(name, value).get("/health").await;
            assert_eq!((reply.status.as_u16(), reply.text().as_str()), (200, r#"{"status":"ok"}"#));
        }
        let refused = fixture.browser().get("/health/detail").await;
        assert_eq!(refused.status, 401, "being on this machine is not enough");
        assert!(!refused.text().contains("unavailable"));
        let human = fixture.admin().await.get("/health/detail").await;
        assert_eq!((human.status.as_u16(), human.text().as_str()), (503, r#"{"status":"unavailable"}"#));
    }
    let fixture = Fixture::start_with(with_metrics(Some(&hex))).await;
    let right = fixture.browser().with("authorization", &format!("Bearer {hex}")).with("host", "any.example");
    assert_eq!(right.get("/health/detail").await.status, 503);
}

#[tokio::test]
async fn a_listener_of_its_own_is_for_this_machine_unless_there_is_a_token() {
    let hex = "ab".repeat(32);
    for token in [None, Some(hex.as_str())] {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = tokio_util::sync::CancellationToken::new();
        let monitor = with_metrics(token).monitor.unwrap();
        let serving = tokio::spawn(mcpbox_admin::serve_monitor(listener, monitor, stop.clone()));
        let client = || Client::to(address);
        let bearer = client().with("authorization", &format!("Bearer {hex}")).with("host", "scraped.internal");
        for (path, status) in [("/metrics", 200), ("/health/detail", 503)] {
            assert_eq!(client().get(path).await.status, if token.is_none() { status } else { 401 }, "{path}");
            assert_eq!(client().with("host", "rebound.example").get(path).await.status, 401, "{path}");
            assert_eq!(client().with("via", "1.1 proxy").get(path).await.status, 401, "{path}");
            assert_eq!(bearer.get(path).await.status, if token.is_none() { 401 } else { status }, "{path}");
        }
        assert_eq!(client().get("/health").await.status, 200);
        assert_eq!(client().get("/api/servers").await.status, 404, "nothing else is here");
        stop.cancel();
        serving.await.unwrap().unwrap();
    }
}
