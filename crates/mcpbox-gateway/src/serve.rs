//! The accept loop. Slow and many clients are bounded here (header timeout, connection cap), small answers leave at
//! once (`TCP_NODELAY`), and shutdown lets running calls finish before it interrupts them.

use std::{convert::Infallible, net::IpAddr, sync::Arc, time::Duration};

use axum::Router;
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use mcpbox_catalog::Catalog;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt;

use crate::{
    config::GatewayConfig,
    error::GatewayError,
    gateway::Gateway,
    http::{Peer, router},
};

/// How long interrupted calls, and then listeners, have for a last word.
const LAST_WORD: Duration = Duration::from_millis(200);
/// How long connections have to get rid of their last bytes.
const LAST_BYTES: Duration = Duration::from_millis(400);
/// Pause after a failed accept, such as when the process is out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

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
    let front = Front {
        app: router(&gateway),
        http: http(gateway.config.header_timeout),
        graceful: GracefulShutdown::new(),
        connections: TaskTracker::new(),
        cut: CancellationToken::new(),
    };
    tracing::info!(mcp.address = %address, "MCP is served");
    accept(&listener, &gateway, &front, &shutdown).await;
    drop(listener);
    close(&gateway, front).await;
    Ok(())
}

/// The routes alone, without a listener; for tests that walk them.
pub fn routes(catalog: Arc<Catalog>, config: GatewayConfig) -> Router {
    router(&Gateway::start(catalog, config))
}

struct Front {
    app: Router,
    http: http1::Builder,
    graceful: GracefulShutdown,
    connections: TaskTracker,
    /// Cuts the connections that did not close by themselves.
    cut: CancellationToken,
}

fn http(header_timeout: Duration) -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(header_timeout).max_headers(100);
    http
}

async fn accept(listener: &TcpListener, gateway: &Gateway, front: &Front, shutdown: &CancellationToken) {
    let places = Arc::new(Semaphore::new(gateway.config.max_connections));
    loop {
        let accepted = tokio::select! {
            () = shutdown.cancelled() => return,
            accepted = next_connection(listener, &places) => accepted,
        };
        match accepted {
            Ok((_, Peer(address), _)) if !gateway.config.peers.admits(address.ip()) => {
                refuse(&gateway.config, address.ip())
            }
            Ok((stream, peer, place)) => front.attend(stream, peer, place),
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// The connection is gone already; the operator learns what would let it in.
fn refuse(config: &GatewayConfig, address: IpAddr) {
    if config.peers.is_news(address) {
        tracing::warn!(peer.address = %address, "refused connections of an address that is not among MCPBOX_MCP_CLIENTS");
    }
}

async fn next_connection(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> std::io::Result<(TcpStream, Peer, OwnedSemaphorePermit)> {
    let place = places.clone().acquire_owned().await.map_err(std::io::Error::other)?;
    let (stream, address) = listener.accept().await?;
    Ok((stream, Peer(address), place))
}

impl Front {
    fn attend(&self, stream: TcpStream, peer: Peer, place: OwnedSemaphorePermit) {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY could not be set");
        }
        let app = self.app.clone();
        let service = hyper::service::service_fn(move |mut request: hyper::Request<Incoming>| {
            request.extensions_mut().insert(peer);
            let app = app.clone();
            async move { Ok::<_, Infallible>(app.oneshot(request).await.unwrap_or_else(|never| match never {})) }
        });
        let connection = self.graceful.watch(self.http.serve_connection(TokioIo::new(stream), service));
        let cut = self.cut.clone();
        self.connections.spawn(async move {
            let _place = place;
            tokio::select! {
                served = connection => if let Err(error) = served {
                    tracing::debug!(%error, "a connection ended early");
                },
                () = cut.cancelled() => {}
            }
        });
    }
}

/// Lets running calls finish, then interrupts them, then ends streams, then cuts what is left.
/// Takes `drain` and 0.8 s at most.
async fn close(gateway: &Gateway, front: Front) {
    gateway.closing.cancel();
    gateway.requests.close();
    gateway.listeners.close();
    front.connections.close();
    let steps = async {
        if timeout(gateway.config.drain, gateway.requests.wait()).await.is_err() {
            tracing::warn!(calls.running = gateway.requests.len(), "running calls are interrupted");
            gateway.interrupt.cancel();
            let _ = timeout(LAST_WORD, gateway.requests.wait()).await;
        }
        let _ = timeout(LAST_WORD, gateway.listeners.wait()).await;
        gateway.ended.cancel();
    };
    let closed = async { tokio::join!(front.graceful.shutdown(), steps) };
    let all = gateway.config.drain + LAST_WORD + LAST_WORD + LAST_BYTES;
    if timeout(all, closed).await.is_err() {
        tracing::debug!("connections were cut");
    }
    front.cut.cancel();
    front.connections.wait().await;
    gateway.interrupt.cancel();
    gateway.ended.cancel();
    gateway.tasks.close();
    gateway.tasks.wait().await;
}
