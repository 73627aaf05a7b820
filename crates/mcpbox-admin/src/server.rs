//! The doors: the admin listener, the command line's socket, and the listener that has the metrics alone. On shutdown running requests get
//! [`GRACE`] to end.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, body::Body, response::Response};
use http::Request;
use mcpbox_catalog::Catalog;
use mcpbox_listen::{Admission, Client, Ending, Front, Limits};
use tokio::net::{TcpListener, UnixListener};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::{
    AdminConfig, Door, Monitor,
    guard::{self, host::AllowedHosts},
    monitor,
    peer::Peer,
    router,
};

/// How long running requests may go on after shutdown was asked for.
const GRACE: Duration = Duration::from_secs(4);
/// Connections to the listener of the metrics at one time.
const MONITOR_CONNECTIONS_MAX: usize = 64;

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
    let (peers, proxies) = (config.peers.clone(), config.proxies.clone());
    let admission = Admission { peers, setting: "MCPBOX_ADMIN_CLIENTS", proxies };
    let front = Front::admitting(admission, "admin", config.limits);
    let app = router(catalog, config, Door::Listener(address), shutdown.clone());
    mcpbox_listen::serve_tcp(listener, front, handle(app), ending(shutdown)).await;
    Ok(())
}

/// Serves `/metrics` and health alone, until `shutdown`: for processes without an admin listener, or for scrapers that must not reach one.
///
/// # Errors
/// As [`serve`].
pub async fn serve_monitor(
    listener: TcpListener,
    monitor: Monitor,
    shutdown: CancellationToken,
) -> Result<(), AdminError> {
    let address = listener.local_addr().map_err(AdminError::NoAddress)?;
    let app = monitor::router_alone(monitor, AllowedHosts::new(address, &[]))
        .layer(axum::middleware::from_fn(guard::headers::add))
        .layer(axum::middleware::from_fn(guard::request::run));
    let limits = AdminConfig::default().limits;
    let front = Front::new("metrics", Limits { connections: MONITOR_CONNECTIONS_MAX, ..limits });
    mcpbox_listen::serve_tcp(listener, front, handle(app), ending(shutdown)).await;
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
    let front = Front::new("socket", config.limits);
    let app = router(catalog, config, Door::Socket, shutdown.clone());
    let listener = Arc::new(listener);
    let accept = move || {
        let listener = Arc::clone(&listener);
        async move {
            let (stream, _) = listener.accept().await?;
            let uid = stream.peer_cred()?.uid();
            if uid != own && uid != 0 {
                tracing::warn!(peer.uid = uid, "refused another user's process at the command line socket");
                return Ok(None);
            }
            Ok(Some((stream, None)))
        }
    };
    mcpbox_listen::serve(accept, front, handle(app), ending(shutdown)).await;
    Ok(())
}

fn ending(stop: CancellationToken) -> Ending {
    Ending { stop, grace: GRACE }
}

/// The router, told who is at the other end.
fn handle(
    app: Router,
) -> impl Fn(Request<mcpbox_listen::Body>, Option<SocketAddr>) -> futures::future::BoxFuture<'static, Response>
+ Clone
+ Send
+ Sync
+ 'static {
    move |request, _| {
        let app = app.clone();
        let mut request = request.map(Body::new);
        let client = request.extensions().get::<Client>().copied();
        request.extensions_mut().insert(client.map_or(Peer::Socket, |client| Peer::Address(client.address)));
        Box::pin(async move { app.oneshot(request).await.unwrap_or_else(|never| match never {}) })
    }
}
