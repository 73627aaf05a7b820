//! The accept loop and a connection's life.

use std::{
    error::Error,
    io,
    net::{IpAddr, SocketAddr},
    pin::pin,
    sync::{Arc, atomic::AtomicUsize},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use mcpbox_core::{peers::Peers, proxies::Proxies};
use rustix::net::sockopt;
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

use crate::{
    Limits,
    answer::answer,
    body::{Body, Exchange},
    house::{Full, House, Place},
    meter::Meter,
};

/// Most lines in the head of a request.
const HEADERS_MAX: usize = 100;
/// Largest head of a request, bytes; also how much of a body is read at a time.
const HEAD_BYTES_MAX: usize = 64 << 10;
/// Pause after a failed accept, such as when the process is out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// How long saying "full" may take.
const REFUSING: Duration = Duration::from_millis(20);
/// Said to whoever cannot come in.
const FULL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\ncontent-type: text/plain\r\ncontent-length: 67\r\nconnection: close\r\n\r\nToo many requests are worked on at once. Try again in a few seconds";

/// Who may connect, and whose word about its clients counts.
#[derive(Debug, Clone, Default)]
pub struct Admission {
    /// Others are hung up on before anything of theirs is read.
    pub peers: Peers,
    /// The setting that names them, for the log.
    pub setting: &'static str,
    /// The proxies that say for whom they ask.
    pub proxies: Proxies,
}

/// A listener: its name, its bounds, and who is there.
pub struct Front {
    pub(crate) name: &'static str,
    pub(crate) limits: Limits,
    pub(crate) admission: Admission,
    house: Arc<House>,
    /// Bytes of large bodies that are held now.
    pub(crate) held: AtomicUsize,
    pub(crate) meter: Meter,
}

impl Front {
    /// An empty one. `name` is a word for logs and metrics.
    pub fn new(name: &'static str, limits: Limits) -> Arc<Self> {
        Self::admitting(Admission::default(), name, limits)
    }

    /// An empty one that not everybody may connect to, or that proxies stand in front of.
    pub fn admitting(admission: Admission, name: &'static str, limits: Limits) -> Arc<Self> {
        let limits = limits.fitting();
        let house = House::new(limits.connections.max(1), limits.per_address.max(1));
        Arc::new(Self { name, limits, admission, house, held: AtomicUsize::new(0), meter: Meter::new(name) })
    }

    /// Whether this address is served; tells the operator once what would let it in.
    fn admits(&self, peer: SocketAddr) -> bool {
        let Admission { peers, setting, .. } = &self.admission;
        let address = peer.ip();
        let admits = peers.admits(address);
        if !admits && peers.is_news(address) {
            tracing::warn!(peer.address = %address, "refused connections of an address that is not among {setting}");
        }
        admits
    }

    /// Under which address the connections of `peer` are counted; a trusted proxy holds those of many.
    fn counted(&self, peer: Option<SocketAddr>) -> Option<IpAddr> {
        peer.map(|peer| peer.ip()).filter(|address| !self.admission.proxies.trusts(*address))
    }
}

impl std::fmt::Debug for Front {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Front").field("name", &self.name).field("limits", &self.limits).finish_non_exhaustive()
    }
}

/// How it ends.
#[derive(Debug, Clone)]
pub struct Ending {
    /// Nobody comes in any more; who is there may finish.
    pub stop: CancellationToken,
    /// For so long; then whoever is still there is cut off.
    pub grace: Duration,
}

/// Serves a TCP listener as [`serve`].
pub async fn serve_tcp<H, R, B>(listener: TcpListener, front: Arc<Front>, handle: H, ending: Ending)
where
    H: Fn(Request<Body>, Option<SocketAddr>) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = Response<B>> + Send + 'static,
    B: hyper::body::Body<Data = Bytes> + Unpin + Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let (listener, door) = (Arc::new(listener), Arc::clone(&front));
    let accept = move || {
        let (listener, front) = (Arc::clone(&listener), Arc::clone(&door));
        async move {
            let (stream, peer) = listener.accept().await?;
            if !front.admits(peer) {
                return Ok(None);
            }
            prepare(&stream, front.limits.silence)?;
            Ok(Some((stream, Some(peer))))
        }
    };
    serve(accept, front, handle, ending).await;
}

/// Serves until `ending` says so, and returns when every connection is closed. `accept` gives connections with their other end (none
/// for a socket in the file system), or nothing for one that was turned away; it is dropped as soon as `stop` comes.
pub async fn serve<S, A, F, H, R, B>(mut accept: A, front: Arc<Front>, handle: H, ending: Ending)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    A: FnMut() -> F,
    F: Future<Output = io::Result<Option<(S, Option<SocketAddr>)>>>,
    H: Fn(Request<Body>, Option<SocketAddr>) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = Response<B>> + Send + 'static,
    B: hyper::body::Body<Data = Bytes> + Unpin + Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let mut connections = JoinSet::new();
    while let Some(accepted) = ending.stop.run_until_cancelled(accept()).await {
        while connections.try_join_next().is_some() {}
        match accepted {
            Ok(None) => {}
            Ok(Some((stream, peer))) => match front.house.enter(front.counted(peer)) {
                Ok((place, made_room)) => {
                    front.meter.let_go.inc_by(made_room.into());
                    let visit = Visit { front: Arc::clone(&front), place, peer };
                    connections.spawn(visit.serve(stream, handle.clone(), ending.stop.clone()));
                }
                Err(full) => refuse(&front, stream, full).await,
            },
            Err(error) => {
                // Out of file descriptors, or the client left in between: the next accept may do better.
                tracing::warn!(%error, listener = front.name, "a connection could not be accepted");
                ending.stop.run_until_cancelled(tokio::time::sleep(ACCEPT_PAUSE)).await;
            }
        }
    }
    drop(accept);
    let all = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(ending.grace, all).await.is_err() {
        tracing::debug!(listener = front.name, "connections were cut off");
    }
    connections.shutdown().await;
}

/// Small packets go out at once, and a peer that is gone or takes nothing is let go after `silence`.
///
/// # Errors
/// The connection broke meanwhile.
fn prepare(stream: &TcpStream, silence: Duration) -> io::Result<()> {
    let probes = 3;
    stream.set_nodelay(true)?;
    sockopt::set_socket_keepalive(stream, true)?;
    sockopt::set_tcp_keepidle(stream, silence)?;
    sockopt::set_tcp_keepintvl(stream, Duration::from_secs(1))?;
    sockopt::set_tcp_keepcnt(stream, probes)?;
    let unacknowledged = silence + Duration::from_secs(probes.into());
    sockopt::set_tcp_user_timeout(stream, u32::try_from(unacknowledged.as_millis()).unwrap_or(u32::MAX))?;
    Ok(())
}

async fn refuse<S: AsyncWrite + Unpin>(front: &Front, mut stream: S, full: Full) {
    front.meter.refused(match full {
        Full::House => "connections",
        Full::Address => "connections_of_address",
    });
    let _ = tokio::time::timeout(REFUSING, stream.write_all(FULL)).await;
}

struct Visit {
    front: Arc<Front>,
    place: Place,
    peer: Option<SocketAddr>,
}

impl Visit {
    async fn serve<S, H, R, B>(self, stream: S, handle: H, stop: CancellationToken)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        H: Fn(Request<Body>, Option<SocketAddr>) -> R + Clone + Send + Sync + 'static,
        R: Future<Output = Response<B>> + Send + 'static,
        B: hyper::body::Body<Data = Bytes> + Unpin + Send + 'static,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let Self { front, place, peer } = self;
        let _counted = Counted::new(&front);
        let (guest, out) = (Arc::clone(&place.guest), place.guest.out.clone());
        let http = http(&front.limits);
        let front_ = Arc::clone(&front);
        let service = service_fn(move |request: Request<Incoming>| {
            let exchange = Exchange::new(Arc::clone(&front_), Arc::clone(&guest));
            answer(Arc::clone(&front_), exchange, handle.clone(), request, peer)
        });
        let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
        let outcome = tokio::select! {
            outcome = connection.as_mut() => outcome,
            () = out.cancelled() => return,
            () = stop.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = outcome {
            if error.is_timeout() {
                front.meter.refused("slow_head");
            }
            tracing::debug!(%error, "a connection ended early");
        }
    }
}

/// A connection, as long as it is open.
struct Counted<'a>(&'a Front);

impl<'a> Counted<'a> {
    fn new(front: &'a Front) -> Self {
        front.meter.connections.inc();
        Self(front)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.meter.connections.dec();
    }
}

fn http(limits: &Limits) -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_headers(HEADERS_MAX)
        .max_buf_size(HEAD_BYTES_MAX);
    http
}
