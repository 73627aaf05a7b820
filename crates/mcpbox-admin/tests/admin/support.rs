//! A running admin side and a small HTTP client that keeps nothing from the tests: no defaults but the origin.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use base64::{Engine, prelude::BASE64_STANDARD};
use http::{HeaderMap, Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use mcpbox_admin::{AdminConfig, RateLimit, serve, serve_socket};
use mcpbox_catalog::{Catalog, CatalogConfig, author};
use mcpbox_core::{
    clock::SystemClock,
    execute::{BoxFuture, Execution, Executor, Observed, Observer, Outcome, SandboxStatus, SandboxTier, ToolOutput},
    principal::Principal,
    user::Role,
};
use mcpbox_store::{Keyring, Store};
use mcpbox_testing::Database;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream, UnixListener, UnixStream},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

pub(crate) const USER: &str = "anna";
pub(crate) const PASSWORD: &str = "correct horse battery";

/// Returns the sum of its arguments `a` and `b` and prints one line.
struct Adder;

impl Executor for Adder {
    fn execute<'a>(&'a self, execution: Execution, _: Arc<dyn Observer>) -> BoxFuture<'a, Outcome> {
        Box::pin(async move {
            let number = |name| execution.arguments.get(name).and_then(Value::as_i64).unwrap_or_default();
            let output = ToolOutput { value: json!(number("a") + number("b")), content: Vec::new() };
            Outcome { result: Ok(output), stdout: "ran\n".to_owned(), observed: Observed::default() }
        })
    }

    fn status(&self) -> SandboxStatus {
        SandboxStatus {
            tier: SandboxTier::Full,
            detail: "all layers hold".to_owned(),
            python: "3.13.1".to_owned(),
            parked: 0,
            running: 0,
            queued: 0,
            base_ready: true,
        }
    }
}

/// A running admin side.
pub(crate) struct Fixture {
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) store: Store,
    pub(crate) address: SocketAddr,
    pub(crate) socket: PathBuf,
    pub(crate) shutdown: CancellationToken,
    pub(crate) doors: JoinSet<()>,
    _dir: TempDir,
    _database: Database,
}

pub(crate) fn unlimited() -> AdminConfig {
    AdminConfig { rate_limit: RateLimit::off(), ui: mcpbox_ui::router(), ..AdminConfig::default() }
}

impl Fixture {
    pub(crate) async fn start() -> Self {
        Self::start_with(unlimited()).await
    }

    pub(crate) async fn start_with(config: AdminConfig) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let database = Database::of_this_run();
        let store = database.open(Keyring::generate().unwrap()).await.unwrap();
        let settings = CatalogConfig {
            store: store.clone(),
            executor: Arc::new(Adder),
            clock: Arc::new(SystemClock),
            admin_url: "http://localhost".to_owned(),
        };
        let catalog = Catalog::open(settings).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let socket = dir.path().join("mcpbox.sock");
        let unix = UnixListener::bind(&socket).unwrap();
        let shutdown = CancellationToken::new();
        let mut doors = JoinSet::new();
        let (cat, cfg, stop) = (catalog.clone(), config.clone(), shutdown.clone());
        doors.spawn(async move { serve(listener, cat, cfg, stop).await.unwrap() });
        let (cat, stop) = (catalog.clone(), shutdown.clone());
        doors.spawn(async move { serve_socket(unix, cat, config, stop).await.unwrap() });
        Self { catalog, store, address, socket, shutdown, doors, _dir: dir, _database: database }
    }

    /// A browser page of our own origin, not logged in.
    pub(crate) fn browser(&self) -> Client {
        let origin = format!("http://{}", self.address);
        Client { door: Door::Tcp(self.address), headers: vec![(header::ORIGIN.as_str().to_owned(), origin)] }
    }

    /// The command line, without a password.
    pub(crate) fn cli(&self) -> Client {
        Client { door: Door::Unix(self.socket.clone()), headers: Vec::new() }
    }

    /// Makes the first admin, who is logged in by that.
    pub(crate) async fn admin(&self) -> Client {
        let made = self.cli().post("/api/setup", json!({"username": USER, "password": PASSWORD})).await;
        assert_eq!(made.status, 201, "{}", made.text());
        self.browser().with("cookie", &made.cookie())
    }

    /// Another account, with the same password.
    pub(crate) async fn user(&self, name: &str, role: Role) {
        mcpbox_testing::add_user(&self.store, (name, PASSWORD), role, self.catalog.now()).await;
    }

    /// A browser in which this account is logged in.
    pub(crate) async fn log_in(&self, name: &str) -> Client {
        let reply = self.browser().post("/api/session", json!({"username": name, "password": PASSWORD})).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        self.browser().with("cookie", &reply.cookie())
    }

    /// An LLM makes a server (if need be) and a tool with this code, and asks for publication.
    pub(crate) async fn ask(&self, server: &str, tool: &str, code: &str) -> (String, String) {
        let llm = Principal::Local { client: Some("test client".to_owned()) };
        if author::get_server(&self.catalog, &llm, server).await.is_err() {
            let request = serde_json::from_value(json!({"name": server, "description": "made by a test"})).unwrap();
            author::create_server(&self.catalog, &llm, request).await.unwrap();
        }
        let request =
            json!({"server_id": server, "name": tool, "python_code": code, "description": "A tool of a test."});
        author::create_tool(&self.catalog, &llm, serde_json::from_value(request).unwrap()).await.unwrap();
        let published =
            author::request_publish(&self.catalog, &llm, &format!("{server}__{tool}"), "please").await.unwrap();
        (published.review_id.to_string(), published.content_hash.to_string())
    }

    /// An LLM gives a tool new code and asks for publication.
    pub(crate) async fn update(&self, tool: &str, code: &str) -> (String, String) {
        let llm = Principal::Local { client: Some("test client".to_owned()) };
        let request = json!({"tool_id": tool, "python_code": code});
        author::update_tool(&self.catalog, &llm, serde_json::from_value(request).unwrap()).await.unwrap();
        let published = author::request_publish(&self.catalog, &llm, tool, "please").await.unwrap();
        (published.review_id.to_string(), published.content_hash.to_string())
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

#[derive(Debug, Clone)]
enum Door {
    Tcp(SocketAddr),
    Unix(PathBuf),
}

/// Sends requests, one connection each.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    door: Door,
    headers: Vec<(String, String)>,
}

impl Client {
    /// A program on this machine that means the listener at this address.
    pub(crate) fn to(address: SocketAddr) -> Self {
        Self { door: Door::Tcp(address), headers: Vec::new() }
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self
    }

    pub(crate) fn password(self, username: &str, password: &str) -> Self {
        let encoded = BASE64_STANDARD.encode(format!("{username}:{password}"));
        self.with("authorization", &format!("Basic {encoded}"))
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send("GET", path, None).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        self.send("DELETE", path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Reply {
        self.send("POST", path, Some(body.to_string().into_bytes())).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Reply {
        self.send("PUT", path, Some(body.to_string().into_bytes())).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Reply {
        self.send("PATCH", path, Some(body.to_string().into_bytes())).await
    }

    /// Sends a request and reads the whole answer.
    pub(crate) async fn send(&self, method: &str, path: &str, body: Option<Vec<u8>>) -> Reply {
        let response = self.open(method, path, body).await;
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes().to_vec();
        Reply { status: parts.status, headers: parts.headers, body }
    }

    /// Sends a request and gives the answer with its body still open.
    #[expect(clippy::disallowed_methods, reason = "the tests talk to their own loopback listener")]
    pub(crate) async fn open(
        &self,
        method: &str,
        path: &str,
        body: Option<Vec<u8>>,
    ) -> http::Response<hyper::body::Incoming> {
        let req = self.request(method, path, body);
        match &self.door {
            Door::Tcp(address) => exchange(TcpStream::connect(address).await.unwrap(), req).await,
            Door::Unix(path) => exchange(UnixStream::connect(path).await.unwrap(), req).await,
        }
    }

    fn request(&self, method: &str, path: &str, body: Option<Vec<u8>>) -> Request<Full<Bytes>> {
        let host = match &self.door {
            Door::Tcp(address) => address.to_string(),
            Door::Unix(_) => "mcpbox".to_owned(),
        };
        let mut req = Request::builder().method(method).uri(path);
        if !self.headers.iter().any(|(name, _)| name == "host") {
            req = req.header(header::HOST, host);
        }
        if body.is_some() && !self.headers.iter().any(|(name, _)| name == "content-type") {
            req = req.header(header::CONTENT_TYPE, "application/json");
        }
        for (name, value) in &self.headers {
            req = req.header(name, value);
        }
        req.body(Full::new(Bytes::from(body.unwrap_or_default()))).unwrap()
    }
}

async fn exchange<S>(stream: S, req: Request<Full<Bytes>>) -> http::Response<hyper::body::Incoming>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender.send_request(req).await.unwrap()
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// The cookie it sets, as a client sends it back.
    pub(crate) fn cookie(&self) -> String {
        self.header("set-cookie").split(';').next().unwrap().to_owned()
    }

    /// Asserts that this is a problem of the sort, fit to be shown.
    pub(crate) fn assert_problem(&self, status: u16, slug: &str) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text());
        let problem = self.json();
        assert_eq!(problem["type"], slug, "{problem}");
        assert_eq!(problem["status"], status, "{problem}");
        assert_eq!(problem["request_id"], self.header("x-request-id"), "{problem}");
        assert!(problem["detail"].as_str().unwrap().len() > 20, "the detail must help: {problem}");
        problem
    }
}
