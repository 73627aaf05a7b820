//! From a listener to the routes, and the order of shutdown: running calls may finish before they are interrupted.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, body::Body};
use http::Request;
use mcpbox_catalog::Catalog;
use mcpbox_listen::{Admission, Ending, Front};
use tokio::{net::TcpListener, time::timeout};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::{config::GatewayConfig, error::GatewayError, gateway::Gateway, http::router};

/// How long interrupted calls, and then listeners, have for a last word.
const LAST_WORD: Duration = Duration::from_millis(200);
/// How long connections have to get rid of their last bytes.
const LAST_BYTES: Duration = Duration::from_millis(400);

/// Serves MCP on `listener` until `shutdown`; returns when all connections are closed, 4 s later at most.
///
/// # Errors
/// The listener is unusable.
pub async fn serve(
    listener: TcpListener,
    catalog: Arc<Catalog>,
    config: GatewayConfig,
    shutdown: CancellationToken,
) -> Result<(), GatewayError> {
    let address = listener.local_addr().map_err(GatewayError::Listener)?;
    let gateway = Gateway::start(catalog, config);
    let (peers, proxies) = (gateway.config.peers.clone(), gateway.config.proxies.clone());
    let (setting, name) = match &gateway.config.remote {
        Some(remote) => {
            gateway.catalog.serve_remote(&remote.public_url);
            ("MCPBOX_REMOTE_CLIENTS", "remote")
        }
        None => ("MCPBOX_MCP_CLIENTS", "mcp"),
    };
    let front = Front::admitting(Admission { peers, setting, proxies }, name, gateway.config.limits);
    let app = router(&gateway);
    let handle = move |request: Request<mcpbox_listen::Body>, _: Option<SocketAddr>| {
        let app = app.clone();
        async move { app.oneshot(request.map(Body::new)).await.unwrap_or_else(|never| match never {}) }
    };
    tracing::info!(mcp.address = %address, "MCP is served");
    let grace = gateway.config.drain + LAST_WORD + LAST_WORD + LAST_BYTES;
    let ending = Ending { stop: shutdown.clone(), grace };
    tokio::join!(mcpbox_listen::serve_tcp(listener, front, handle, ending), close(&gateway, &shutdown));
    gateway.interrupt.cancel();
    gateway.ended.cancel();
    gateway.tasks.close();
    gateway.tasks.wait().await;
    Ok(())
}

/// The routes alone, without a listener; for tests that walk them.
pub fn routes(catalog: Arc<Catalog>, config: GatewayConfig) -> Router {
    router(&Gateway::start(catalog, config))
}

/// Once shutdown is asked for: lets running calls finish, then interrupts them, then ends streams. Takes `drain` and 0.4 s at most.
async fn close(gateway: &Gateway, shutdown: &CancellationToken) {
    shutdown.cancelled().await;
    gateway.closing.cancel();
    gateway.requests.close();
    gateway.listeners.close();
    if timeout(gateway.config.drain, gateway.requests.wait()).await.is_err() {
        tracing::warn!(calls.running = gateway.requests.len(), "running calls are interrupted");
        gateway.interrupt.cancel();
        let _ = timeout(LAST_WORD, gateway.requests.wait()).await;
    }
    let _ = timeout(LAST_WORD, gateway.listeners.wait()).await;
    gateway.ended.cancel();
}
