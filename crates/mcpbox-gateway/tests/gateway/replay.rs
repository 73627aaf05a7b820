//! The corpus of the fuzz target `mcp`, sent once: headers in the first line, separated by `;`, then the body.

use axum::{body::Body, http::Request};
use mcpbox_gateway::{GatewayConfig, RateLimits};
use tower::ServiceExt;

use crate::support::TestBox;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_the_corpus_breaks_anything() {
    let the_box = TestBox::start().await;
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/mcp");
    let mut files: Vec<_> = std::fs::read_dir(corpus).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    for file in files {
        let data = std::fs::read(&file).unwrap();
        let Some(end) = data.iter().position(|byte| *byte == b'\n') else { continue };
        let mut request =
            Request::post("/mcp").header("host", "127.0.0.1:8000").header("content-type", "application/json");
        request = request.header("accept", "application/json, text/event-stream");
        for header in data[..end].split(|byte| *byte == b';').take(10) {
            let mut parts = header.splitn(2, |byte| *byte == b':');
            if let (Some(name), Some(value)) = (parts.next(), parts.next()) {
                request = request.header(name, value);
            }
        }
        let Ok(request) = request.body(Body::from(data[end + 1..].to_vec())) else { continue };
        let config = GatewayConfig { rate_limits: RateLimits::off(), ..GatewayConfig::default() };
        let response = mcpbox_gateway::routes(the_box.catalog.clone(), config).oneshot(request).await.unwrap();
        assert_ne!(response.status(), 500, "{}", file.display());
        // A stream may stay open for ever.
        let _read = tokio::time::timeout(
            std::time::Duration::from_millis(200),
            axum::body::to_bytes(response.into_body(), 1 << 20),
        )
        .await;
    }
}
