//! Real HTTP servers for tests: HTTP/1.1 and HTTP/2, plain and TLS, and one that answers raw bytes.

use std::{convert::Infallible, net::SocketAddr, sync::Arc};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, Uri, Version};
use http_body_util::{BodyExt as _, Full};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::{ServerConfig, pki_types::PrivateKeyDer};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

use super::Count;

/// A request as the server got it.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) version: Version,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

pub(crate) type Answer = Response<Full<Bytes>>;

/// Where it listens, and how many connections it took.
pub(crate) struct Server {
    pub(crate) port: u16,
    pub(crate) connections: Count,
}

pub(crate) fn text(body: impl Into<Bytes>) -> Answer {
    Response::new(Full::new(body.into()))
}

pub(crate) fn redirect(status: u16, to: &str) -> Answer {
    Response::builder().status(status).header("location", to).body(Full::default()).unwrap()
}

/// Says back what it got: one line per header, then the body.
pub(crate) fn echo(seen: &Seen) -> Answer {
    let mut lines = vec![format!("{} {} {:?}", seen.method, seen.uri, seen.version)];
    lines.extend(
        seen.headers.iter().map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes()))),
    );
    let mut body = (lines.join("\n") + "\n\n").into_bytes();
    body.extend_from_slice(&seen.body);
    text(body)
}

/// Serves plain HTTP/1.1 and HTTP/2 (by prior knowledge).
pub(crate) async fn serve(host: &str, handler: impl Fn(&Seen) -> Answer + Send + Sync + 'static) -> Server {
    start(host, 0, None, Arc::new(handler)).await
}

pub(crate) async fn serve_on(
    host: &str,
    port: u16,
    handler: impl Fn(&Seen) -> Answer + Send + Sync + 'static,
) -> Server {
    start(host, port, None, Arc::new(handler)).await
}

/// Serves HTTPS with a certificate for these names.
pub(crate) async fn serve_tls(
    host: &str,
    port: u16,
    authority: &Authority,
    names: &[&str],
    alpn: &[&str],
    handler: impl Fn(&Seen) -> Answer + Send + Sync + 'static,
) -> Server {
    start(host, port, Some(authority.acceptor(names, alpn)), Arc::new(handler)).await
}

type Handler = Arc<dyn Fn(&Seen) -> Answer + Send + Sync>;

async fn start(host: &str, port: u16, tls: Option<TlsAcceptor>, handler: Handler) -> Server {
    let listener = listen(host, port).await;
    let server = Server { port: listener.local_addr().unwrap().port(), connections: Count::default() };
    let connections = server.connections.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            connections.add();
            let (handler, tls) = (Arc::clone(&handler), tls.clone());
            tokio::spawn(async move {
                match tls {
                    None => answer(stream, handler).await,
                    Some(tls) => {
                        if let Ok(stream) = tls.accept(stream).await {
                            answer(stream, handler).await;
                        }
                    }
                }
            });
        }
    });
    server
}

async fn listen(host: &str, port: u16) -> TcpListener {
    let address = SocketAddr::new(host.parse().unwrap(), port);
    TcpListener::bind(address).await.unwrap_or_else(|error| panic!("bind {address}: {error}"))
}

async fn answer<S>(stream: S, handler: Handler)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |request: Request<Incoming>| {
        let handler = Arc::clone(&handler);
        async move {
            let (parts, body) = request.into_parts();
            let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
            let seen =
                Seen { method: parts.method, uri: parts.uri, version: parts.version, headers: parts.headers, body };
            Ok::<_, Infallible>(handler(&seen))
        }
    });
    // The other side may go away in the middle: that is what some tests are about.
    let _ended = auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
}

/// Answers every request with these bytes, then does what `after` says with the connection.
pub(crate) async fn serve_raw(host: &str, head: &'static [u8], after: After) -> Server {
    let listener = listen(host, 0).await;
    let server = Server { port: listener.local_addr().unwrap().port(), connections: Count::default() };
    let connections = server.connections.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            connections.add();
            tokio::spawn(raw_answer(stream, head, after));
        }
    });
    server
}

/// What a raw server does after its bytes.
#[derive(Clone, Copy)]
pub(crate) enum After {
    /// Closes the connection.
    Close,
    /// Takes one more request and closes the connection without an answer.
    CloseOnNext,
    /// Keeps it open and silent.
    Hang,
    /// Sends this byte for ever.
    Flood(u8),
    /// Sends this byte again and again, slowly.
    Drip(u8),
}

async fn raw_answer(mut stream: TcpStream, head: &[u8], after: After) {
    let mut request = [0; 4096];
    if stream.read(&mut request).await.unwrap_or(0) == 0 || stream.write_all(head).await.is_err() {
        return;
    }
    match after {
        After::Close => {}
        After::CloseOnNext => {
            let _next = stream.read(&mut request).await;
        }
        After::Hang => while stream.read(&mut request).await.unwrap_or(0) > 0 {},
        After::Flood(byte) => while stream.write_all(&[byte; 65536]).await.is_ok() {},
        After::Drip(byte) => {
            let mut beat = tokio::time::interval(std::time::Duration::from_millis(50));
            while stream.write_all(&[byte]).await.is_ok() {
                beat.tick().await;
            }
        }
    }
}

/// A certificate authority of the test's own.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pub(crate) pem: String,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    fn acceptor(&self, names: &[&str], alpn: &[&str]) -> TlsAcceptor {
        let key = KeyPair::generate().unwrap();
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &self.issuer).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
            .unwrap();
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        TlsAcceptor::from(Arc::new(config))
    }
}
