//! An HTTP proxy for packages that speak HTTP by themselves: the same decisions as for every other request, behind a token
//! that only one call knows and that ends with it. It listens on a socket it is given, inside a jail's own network.

mod answer;
mod forward;
mod hello;
mod plain;
mod tunnel;

use std::{
    collections::HashMap,
    convert::Infallible,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, Method, Request, StatusCode, header};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

use self::answer::Answer;
use crate::session::Session;

/// Connections of one jail at once; further ones wait. More than a few calls can have descriptors for, so that one alone does
/// not shut the others out.
const MAX_CONNECTIONS: usize = 1024;

/// Time for the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(15);

/// The user name beside the token.
const USER: &str = "call";

/// The calls that may use the proxy of one jail.
#[derive(Default)]
pub struct ProxyGate {
    callers: Mutex<HashMap<String, Caller>>,
}

/// One call, as the proxy knows it.
#[derive(Clone)]
struct Caller {
    session: Arc<Session>,
    ended: CancellationToken,
}

/// A call's leave to use the proxy. Dropping it ends whatever the call still has open.
pub struct Admission {
    gate: Arc<ProxyGate>,
    token: String,
    ended: CancellationToken,
}

impl Admission {
    /// What the call sends: the user and password part of the proxy's URL.
    pub fn credentials(&self) -> String {
        format!("{USER}:{}", self.token)
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        self.gate.lock().remove(&self.token);
        self.ended.cancel();
    }
}

impl ProxyGate {
    /// Lets a call in, under a fresh token.
    pub fn admit(self: &Arc<Self>, session: Arc<Session>) -> Admission {
        let token = format!("{:032x}", rand::random::<u128>());
        let ended = CancellationToken::new();
        self.lock().insert(token.clone(), Caller { session, ended: ended.clone() });
        Admission { gate: Arc::clone(self), token, ended }
    }

    /// Serves a jail's proxy until the socket fails or the future is dropped; then all its connections end.
    pub async fn serve(self: Arc<Self>, listener: TcpListener) {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = listener.accept(), if connections.len() < MAX_CONNECTIONS => match accepted {
                    Ok((stream, _)) => drop(connections.spawn(Arc::clone(&self).connection(stream))),
                    // Such as too many open files: the next one may fare better.
                    Err(error) => {
                        tracing::warn!(%error, "the proxy of a jail cannot take a connection");
                        tokio::time::sleep(Duration::from_millis(100)).await;
                    }
                },
                Some(_) = connections.join_next() => {}
            }
        }
    }

    async fn connection(self: Arc<Self>, stream: TcpStream) {
        let service = service_fn(move |request| {
            let gate = Arc::clone(&self);
            async move { Ok::<_, Infallible>(gate.answer(request).await) }
        });
        // The other end is a tool's: how it breaks off is of no interest.
        let _ended = http1().serve_connection(TokioIo::new(stream), service).with_upgrades().await;
    }

    async fn answer(&self, request: Request<Incoming>) -> Answer {
        let Some(caller) = self.caller(request.headers()) else {
            return answer::plain(
                StatusCode::PROXY_AUTHENTICATION_REQUIRED,
                "this call may not use the proxy; use HTTPS_PROXY and HTTP_PROXY of the environment as they are",
            );
        };
        let ended = caller.ended.clone();
        let answered = async {
            match *request.method() {
                Method::CONNECT => tunnel::open(caller, request).await,
                _ => forward::send(caller, request).await,
            }
        };
        let over = || answer::plain(StatusCode::SERVICE_UNAVAILABLE, "the call has ended");
        ended.run_until_cancelled(answered).await.unwrap_or_else(over)
    }

    /// The running call whose token this is.
    fn caller(&self, headers: &HeaderMap) -> Option<Caller> {
        let value = headers.get(header::PROXY_AUTHORIZATION)?.to_str().ok()?;
        let (scheme, credentials) = value.split_once(' ')?;
        let decoded = STANDARD.decode(credentials.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
        let token = std::str::from_utf8(&decoded).ok()?.strip_prefix(USER)?.strip_prefix(':')?;
        self.lock().get(token).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Caller>> {
        self.callers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn http1() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).max_buf_size(128 * 1024);
    builder
}

impl std::fmt::Debug for ProxyGate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProxyGate").field("callers", &self.lock().len()).finish()
    }
}
