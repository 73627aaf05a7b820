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
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::{ServerConfig, pki_types::PrivateKeyDer};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

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
    start(host, port, None, handler).await
}

/// Serves HTTPS for these names; the second is the authority that signed its certificate, in PEM.
pub(crate) async fn serve_tls<F, A>(host: &str, names: &[&str], handler: F) -> (Server, String)
where
    F: Fn(Request<Incoming>) -> A + Send + Sync + 'static,
    A: Future<Output = Answer> + Send + 'static,
{
    let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, "authority of this test");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let authority_key = KeyPair::generate().unwrap();
    let pem = params.self_signed(&authority_key).unwrap().pem();
    let issuer = Issuer::new(params, authority_key);
    let key = KeyPair::generate().unwrap();
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.use_authority_key_identifier_extension = true;
    let certificate = params.signed_by(&key, &issuer).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
        .unwrap();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    (start(host, 443, Some(TlsAcceptor::from(Arc::new(config))), handler).await, pem)
}

async fn start<F, A>(host: &str, port: u16, tls: Option<TlsAcceptor>, handler: F) -> Server
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
            let tls = tls.clone();
            tokio::spawn(async move {
                // The other side may go away in the middle: that is what some tests are about.
                let builder = auto::Builder::new(TokioExecutor::new());
                match tls {
                    None => drop(builder.serve_connection(TokioIo::new(stream), service).await),
                    Some(tls) => {
                        if let Ok(stream) = tls.accept(stream).await {
                            drop(builder.serve_connection(TokioIo::new(stream), service).await);
                        }
                    }
                }
            });
        }
    });
    server
}
