//! Requests as anybody on this machine might send them to the MCP endpoint: the whole way through gateway, catalog and store. The first
//! line holds headers, separated by `;`, the rest is the body. Nothing must panic, and nothing but MCPbox's own errors come back.
#![no_main]

use http::Request;
use http_body_util::BodyExt;
use mcpbox_fuzz::{CATALOG, RUNTIME};
use mcpbox_gateway::{GatewayConfig, RateLimits};
use tower::ServiceExt;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some(end) = data.iter().position(|byte| *byte == b'\n') else { return };
    let mut request = Request::post("/mcp").header("host", "127.0.0.1:8000").header("content-type", "application/json");
    request = request.header("accept", "application/json, text/event-stream");
    for header in data[..end].split(|byte| *byte == b';').take(10) {
        let mut parts = header.splitn(2, |byte| *byte == b':');
        if let (Some(name), Some(value)) = (parts.next(), parts.next()) {
            request = request.header(name, value);
        }
    }
    let Ok(request) = request.body(axum_body(&data[end + 1..])) else { return };
    let cat = CATALOG.clone();
    RUNTIME.block_on(async {
        let config = GatewayConfig { rate_limits: RateLimits::off(), ..GatewayConfig::default() };
        let response = mcpbox_gateway::routes(cat, config).oneshot(request).await.unwrap();
        assert!(response.status() != http::StatusCode::INTERNAL_SERVER_ERROR);
        // A stream may stay open for ever.
        let _read = tokio::time::timeout(std::time::Duration::from_millis(200), response.into_body().collect()).await;
    });
});

fn axum_body(bytes: &[u8]) -> axum::body::Body {
    axum::body::Body::from(bytes.to_vec())
}
