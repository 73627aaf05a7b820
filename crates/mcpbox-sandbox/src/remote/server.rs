//! A worker's door: `POST /execute`, `/tool_result`, `/resolve` and `/install`, `GET /status`, `GET /metrics`, each only with the key. Holds no database and no master key; the
//! secrets of a call come with it and are never logged.

use std::{io, pin::pin, sync::Arc, time::Duration};

use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use mcpbox_core::bearer::BearerKey;
use rustix::net::sockopt;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

use crate::Sandbox;

mod answer;
mod packages;
mod run;
mod scripts;

/// How long a client may take to send the head of a request, or leave a connection idle. Clients let go of idle connections long
/// before, so that no request meets a connection that is just being closed.
const HEADER_TIMEOUT: Duration = Duration::from_secs(60);
/// Connections at one time: a client holds one per running call.
const CONNECTIONS_MAX: usize = 2048;
/// How long running calls may go on when the worker is told to end.
const GRACE: Duration = Duration::from_millis(3_500);
/// How long ending the rest may take.
const END_LIMIT: Duration = Duration::from_millis(500);
/// A client that vanished without a word is noticed after this long, and its calls end.
const SILENCE: Duration = Duration::from_secs(5);
/// Probes after [`SILENCE`], a second apart.
const SILENCE_PROBES: u32 = 3;

/// What a worker offers, and to whom.
#[derive(Debug)]
pub struct WorkerDoor {
    /// What runs the calls.
    pub sandbox: Arc<Sandbox>,
    /// Who may run something.
    pub key: BearerKey,
    /// Who else may read the metrics.
    pub metrics_token: Option<BearerKey>,
}

/// A door in use.
struct Open {
    door: WorkerDoor,
    /// Runs that may call other tools.
    scripts: scripts::Scripts,
    /// Set when the worker ends.
    ending: CancellationToken,
}

/// Serves until `shutdown`, then lets running calls finish for a moment; new ones are refused meanwhile, so that their senders turn to
/// other workers. Ends within 5 s, with the sandbox shut down.
pub async fn serve(listener: TcpListener, door: WorkerDoor, shutdown: CancellationToken) {
    let open = Arc::new(Open { door, scripts: scripts::Scripts::default(), ending: shutdown.clone() });
    let closing = CancellationToken::new();
    let end = async {
        shutdown.cancelled().await;
        let ended = open.door.sandbox.shutdown(GRACE);
        if tokio::time::timeout(GRACE + END_LIMIT, ended).await.is_err() {
            tracing::warn!("some processes of the sandbox took too long to end");
        }
        closing.cancel();
    };
    tokio::join!(accept(&listener, &open, &closing), end);
}

async fn accept(listener: &TcpListener, open: &Arc<Open>, closing: &CancellationToken) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut connections = JoinSet::new();
    while let Some(Ok(place)) = closing.run_until_cancelled(Arc::clone(&places).acquire_owned()).await {
        while connections.try_join_next().is_some() {}
        match closing.run_until_cancelled(listener.accept()).await {
            None => break,
            Some(Ok((stream, _))) => {
                let connection = connection(stream, Arc::clone(open), closing.clone());
                connections.spawn(async move {
                    connection.await;
                    drop(place);
                });
            }
            Some(Err(error)) => {
                // Out of file descriptors, or the client left in between: the next accept may do better.
                tracing::warn!(%error, "could not accept a connection");
                closing.run_until_cancelled(tokio::time::sleep(Duration::from_millis(50))).await;
            }
        }
    }
    let _cut = tokio::time::timeout(END_LIMIT, async { while connections.join_next().await.is_some() {} }).await;
}

async fn connection(stream: TcpStream, open: Arc<Open>, closing: CancellationToken) {
    if let Err(error) = prepare(&stream) {
        return tracing::debug!(%error, "a connection could not be set up");
    }
    let service = service_fn(move |request: Request<Incoming>| {
        let open = Arc::clone(&open);
        async move { Ok::<_, std::convert::Infallible>(answer::answer(&open, request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    let outcome = match closing.run_until_cancelled(connection.as_mut()).await {
        Some(outcome) => outcome,
        None => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = outcome {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// Small packets go out at once, and a peer that is gone is noticed.
fn prepare(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    sockopt::set_socket_keepalive(stream, true)?;
    sockopt::set_tcp_keepidle(stream, SILENCE)?;
    sockopt::set_tcp_keepintvl(stream, Duration::from_secs(1))?;
    sockopt::set_tcp_keepcnt(stream, SILENCE_PROBES)?;
    let unacknowledged = SILENCE + Duration::from_secs(SILENCE_PROBES.into());
    sockopt::set_tcp_user_timeout(stream, u32::try_from(unacknowledged.as_millis()).unwrap_or(u32::MAX))?;
    Ok(())
}
