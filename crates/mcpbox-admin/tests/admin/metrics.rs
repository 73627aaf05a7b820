//! Who may read `/metrics`.

use std::sync::Arc;

use mcpbox_admin::{AdminConfig, Metrics};
use mcpbox_core::bearer::BearerKey;

use crate::support::{Fixture, unlimited};

const FORMAT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

fn with_metrics(token: Option<&str>) -> AdminConfig {
    let metrics = Metrics {
        text: Arc::new(|| "calls_total 7\n# EOF\n".to_owned()),
        content_type: FORMAT,
        token: token.map(|hex| BearerKey::parse(hex).unwrap()),
    };
    AdminConfig { metrics: Some(metrics), ..unlimited() }
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
