//! Real HTTP servers: bodies go in and out in parts, and a test can hold an answer back.

use std::{
    convert::Infallible,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use futures::Stream;
use http_body_util::{BodyExt as _, StreamBody};
use hyper::{
    Request, Response,
    body::{Frame, Incoming},
    service::service_fn,
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use tokio::net::TcpListener;

/// A body in parts.
pub(crate) type Parts = Pin<Box<dyn Stream<Item = Result<Frame<Bytes>, Infallible>> + Send>>;
/// An answer.
pub(crate) type Answer = Response<StreamBody<Parts>>;

/// Counts what is shared between a handler and its test.
#[derive(Clone, Default)]
pub(crate) struct Count(Arc<AtomicUsize>);

impl Count {
    pub(crate) fn add(&self, many: usize) -> usize {
        self.0.fetch_add(many, Ordering::SeqCst) + many
    }

    pub(crate) fn get(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// Where it listens, and how many connections it took.
pub(crate) struct Server {
    pub(crate) port: u16,
    pub(crate) connections: Count,
}

/// An answer of these parts.
pub(crate) fn parts(parts: impl Stream<Item = Bytes> + Send + 'static) -> Answer {
    use futures::StreamExt as _;
    let frames: Parts = Box::pin(parts.map(|bytes| Ok(Frame::data(bytes))));
    Response::new(StreamBody::new(frames))
}

/// An answer that is there as a whole.
pub(crate) fn whole(body: impl Into<Bytes>) -> Answer {
    let body = body.into();
    let length = body.len();
    let mut answer = parts(futures::stream::once(async move { body }));
    answer.headers_mut().insert("content-length", length.into());
    answer
}

/// All of a request's body.
pub(crate) async fn body(request: Request<Incoming>) -> Bytes {
    request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default()
}

/// Serves HTTP/1.1 (and HTTP/2 by prior knowledge).
pub(crate) async fn serve<F, A>(host: &str, port: u16, handler: F) -> Server
where
    F: Fn(Request<Incoming>) -> A + Send + Sync + 'static,
    A: Future<Output = Answer> + Send + 'static,
{
    let address = SocketAddr::new(host.parse().unwrap(), port);
    let listener = TcpListener::bind(address).await.unwrap();
    let server = Server { port: listener.local_addr().unwrap().port(), connections: Count::default() };
    let (connections, handler) = (server.connections.clone(), Arc::new(handler));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            connections.add(1);
            let handler = Arc::clone(&handler);
            let service = service_fn(move |request| {
                let answer = handler(request);
                async move { Ok::<_, Infallible>(answer.await) }
            });
            tokio::spawn(async move {
                // The other side may go away in the middle: that is what some tests are about.
                let _ended =
                    auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    server
}
