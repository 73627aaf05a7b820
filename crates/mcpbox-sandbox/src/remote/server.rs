//! A worker's door: `POST /execute`, `/tool_result`, `/resolve`, `/install` and `/remove_unused`, `GET /status`, `GET /metrics`, each only with the key. Holds no database and no master key; the
//! secrets of a call come with it and are never logged.

use std::{sync::Arc, time::Duration};

use hyper::Request;
use mcpbox_core::bearer::BearerKey;
use mcpbox_listen::{Body, Ending, Front, Limits};
use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::wire::REQUEST_MAX;
use crate::Sandbox;

mod answer;
mod packages;
mod run;
mod scripts;

/// What servers may do. They hold a connection per running call and let go of idle ones long before `head`, so that no request meets a
/// connection that is just being closed; one that vanished without a word is noticed after `silence`, and its calls end.
const LIMITS: Limits = Limits {
    connections: 2048,
    per_address: 2048,
    head: Duration::from_secs(60),
    body: Duration::from_secs(60),
    silence: Duration::from_secs(5),
    body_bytes: REQUEST_MAX,
    bodies_bytes: 256 << 20,
};
/// How long running calls may go on when the worker is told to end.
const GRACE: Duration = Duration::from_millis(3_500);
/// How long ending the rest may take.
const END_LIMIT: Duration = Duration::from_millis(500);

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
    /// Calls that were let in, until they have ended.
    calls: TaskTracker,
    /// Set when the worker ends.
    ending: CancellationToken,
}

/// Serves until `shutdown`, then lets running calls finish for a moment; new ones are refused meanwhile, so that their senders turn to
/// other workers. Ends within 5 s, with the sandbox shut down.
pub async fn serve(listener: TcpListener, door: WorkerDoor, shutdown: CancellationToken) {
    let (scripts, calls) = (scripts::Scripts::default(), TaskTracker::new());
    let open = Arc::new(Open { door, scripts, calls, ending: shutdown.clone() });
    let closing = CancellationToken::new();
    let end = async {
        shutdown.cancelled().await;
        // Only then is the sandbox closed: whoever was let in is not turned away there, where it would count as a run that failed.
        open.calls.close();
        let _ = tokio::time::timeout(GRACE, open.calls.wait()).await;
        let ended = open.door.sandbox.shutdown(Duration::ZERO);
        if tokio::time::timeout(END_LIMIT, ended).await.is_err() {
            tracing::warn!("some processes of the sandbox took too long to end");
        }
        closing.cancel();
    };
    let serving = Arc::clone(&open);
    let handle = move |request: Request<Body>, _| {
        let open = Arc::clone(&serving);
        async move { answer::answer(&open, request).await }
    };
    let ending = Ending { stop: closing.clone(), grace: END_LIMIT };
    tokio::join!(mcpbox_listen::serve_tcp(listener, Front::new("worker", LIMITS), handle, ending), end);
}
