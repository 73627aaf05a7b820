//! The accept loops: the admin listener and the command line's socket. A connection is a task owned here, at most
//! `max_connections` at one time; on shutdown running requests get [`GRACE`] to end.

use std::{future::Future, io, pin::pin, sync::Arc, time::Duration};

use axum::{Router, body::Body};
use http::Request;
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use mcpbox_catalog::Catalog;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, UnixListener},
    sync::Semaphore,
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::{AdminConfig, Door, peer::Peer, router};

/// How long a client may take to send the headers of a request.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// How long running requests may go on after shutdown was asked for.
const GRACE: Duration = Duration::from_secs(4);

/// Why a listener could not be served.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The listener's own address is unknown to the system.
    #[error("the admin listener has no address")]
    NoAddress(#[source] io::Error),
}

/// Serves the admin API and page on `listener` until `shutdown`.
///
/// # Errors
/// [`AdminError`] when the listener cannot be used at all; failing connections are logged, not returned.
pub async fn serve(
    listener: TcpListener,
    catalog: Arc<Catalog>,
    config: AdminConfig,
    shutdown: CancellationToken,
) -> Result<(), AdminError> {
    let address = listener.local_addr().map_err(AdminError::NoAddress)?;
    let (limit, peers) = (config.max_connections, config.peers.clone());
    let app = router(catalog, config, Door::Listener(address), shutdown.clone());
    let accept = || async {
        let (stream, peer) = listener.accept().await?;
        if !peers.admits(peer.ip()) {
            if peers.is_news(peer.ip()) {
                tracing::warn!(peer.address = %peer.ip(), "refused connections of an address that is not among MCPBOX_ADMIN_CLIENTS");
            }
            return Ok(None);
        }
        stream.set_nodelay(true)?;
        Ok(Some((stream, Peer::Address(peer.ip()))))
    };
    accept_loop(accept, app, limit, shutdown).await;
    Ok(())
}

/// Serves the API to processes of the same user (or root) on a unix socket until `shutdown`. Whoever makes the socket
/// gives its file mode 0600; the peer's credentials are checked here as well.
///
/// # Errors
/// As [`serve`].
pub async fn serve_socket(
    listener: UnixListener,
    catalog: Arc<Catalog>,
    config: AdminConfig,
    shutdown: CancellationToken,
) -> Result<(), AdminError> {
    let own = rustix::process::geteuid().as_raw();
    let limit = config.max_connections;
    let app = router(catalog, config, Door::Socket, shutdown.clone());
    let accept = || async {
        let (stream, _) = listener.accept().await?;
        let uid = stream.peer_cred()?.uid();
        if uid != own && uid != 0 {
            tracing::warn!(peer.uid = uid, "refused another user's process at the command line socket");
            return Ok(None);
        }
        Ok(Some((stream, Peer::Socket)))
    };
    accept_loop(accept, app, limit, shutdown).await;
    Ok(())
}

async fn accept_loop<S, A, F>(mut accept: A, app: Router, limit: usize, shutdown: CancellationToken)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    A: FnMut() -> F,
    F: Future<Output = io::Result<Option<(S, Peer)>>>,
{
    let places = Arc::new(Semaphore::new(limit.max(1)));
    let mut connections = JoinSet::new();
    while let Some(Ok(place)) = shutdown.run_until_cancelled(Arc::clone(&places).acquire_owned()).await {
        while connections.try_join_next().is_some() {}
        match shutdown.run_until_cancelled(accept()).await {
            None => break,
            Some(Ok(None)) => {}
            Some(Ok(Some((stream, peer)))) => {
                let connection = serve_connection(stream, peer, app.clone(), shutdown.clone());
                connections.spawn(async move {
                    connection.await;
                    drop(place);
                });
            }
            Some(Err(error)) => {
                // Out of file descriptors, or the client left in between: the next accept may do better.
                tracing::warn!(%error, "could not accept a connection");
                let pause = Duration::from_millis(50);
                shutdown.run_until_cancelled(tokio::time::sleep(pause)).await;
            }
        }
    }
    while connections.join_next().await.is_some() {}
}

async fn serve_connection<S>(stream: S, peer: Peer, app: Router, shutdown: CancellationToken)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = app.map_request(move |mut req: Request<Incoming>| {
        req.extensions_mut().insert(peer);
        req.map(Body::new)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    let mut connection = pin!(connection);
    let outcome = match shutdown.run_until_cancelled(connection.as_mut()).await {
        Some(outcome) => outcome,
        None => {
            connection.as_mut().graceful_shutdown();
            match tokio::time::timeout(GRACE, connection).await {
                Ok(outcome) => outcome,
                Err(_) => return tracing::warn!("a request was still running at shutdown and was cut off"),
            }
        }
    };
    if let Err(error) = outcome {
        tracing::debug!(%error, "a connection ended early");
    }
}
