//! The command line's way to a running server: its REST API over the unix socket in the data directory. The socket
//! proves which user asks; a password, where one is needed, goes along as `Authorization: Basic`.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use base64::{Engine, prelude::BASE64_STANDARD};
use http_body_util::{BodyExt, Full};
use hyper::{
    Method, Request, StatusCode,
    body::Bytes,
    client::conn::http1,
    header::{AUTHORIZATION, CONTENT_TYPE, HOST},
};
use hyper_util::rt::TokioIo;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio::net::UnixStream;

use crate::data_dir::{short_path, socket_path};

/// Largest answer that is read.
const ANSWER_MAX: usize = 64 << 20;

/// Who decides: name and password.
#[derive(Debug)]
pub(crate) struct Login {
    /// Account.
    pub username: String,
    /// Its password.
    pub password: SecretString,
    /// A one-time code, when it has a second factor.
    pub code: Option<SecretString>,
}

/// The API of the server that runs on a data directory.
#[derive(Debug)]
pub(crate) struct Control {
    socket: PathBuf,
    data_dir: PathBuf,
}

impl Control {
    /// The server of `data_dir`.
    pub(crate) fn new(data_dir: &Path) -> Self {
        Self { socket: socket_path(data_dir), data_dir: data_dir.to_owned() }
    }

    /// Reads `path` (below `/api`).
    ///
    /// # Errors
    /// No server runs, or it refuses; in a sentence.
    pub(crate) async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.send(Method::GET, path, None, None).await
    }

    /// Posts `body` to `path`.
    ///
    /// # Errors
    /// As [`Control::get`].
    pub(crate) async fn post(&self, path: &str, body: Value, login: Option<&Login>) -> anyhow::Result<Value> {
        self.send(Method::POST, path, Some(body), login).await
    }

    /// Sends `body` to `path` with `method`.
    ///
    /// # Errors
    /// As [`Control::get`].
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        login: Option<&Login>,
    ) -> anyhow::Result<Value> {
        let stream = self.connect().await?;
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.context("the server did not speak HTTP")?;
        let request = request(method, path, body, login)?;
        let exchange = async {
            let response =
                sender.send_request(request).await.context("the server closed the connection; look at its log")?;
            let status = response.status();
            let body = http_body_util::Limited::new(response.into_body(), ANSWER_MAX).collect().await;
            let body = body.map_err(|error| anyhow::anyhow!("the server's answer broke off: {error}"))?.to_bytes();
            anyhow::Ok((status, body))
        };
        let (status, body) = tokio::select! {
            done = exchange => done?,
            // The connection drives the exchange; when it ends first, the answer never comes.
            ended = connection => match ended {
                Ok(()) => bail!("the server closed the connection; look at its log"),
                Err(error) => return Err(error).context("the connection to the server broke"),
            },
        };
        answer(status, &body)
    }

    async fn connect(&self) -> anyhow::Result<UnixStream> {
        let connecting = async {
            let (_guard, short) = short_path(&self.socket)?;
            UnixStream::connect(short).await
        };
        connecting.await.map_err(|error| {
            let dir = self.data_dir.display();
            match error.kind() {
                std::io::ErrorKind::NotFound | std::io::ErrorKind::ConnectionRefused => anyhow::anyhow!(
                    "no mcpbox server runs on the data directory {dir}; start one with `mcpbox serve`, or name its directory with --data-dir DIR"
                ),
                std::io::ErrorKind::PermissionDenied => {
                    anyhow::anyhow!("the server on {dir} runs as another user; run this command as that user")
                }
                _ => anyhow::anyhow!("cannot reach the server on {dir}: {error}"),
            }
        })
    }
}

fn request(
    method: Method,
    path: &str,
    body: Option<Value>,
    login: Option<&Login>,
) -> anyhow::Result<Request<Full<Bytes>>> {
    let mut request = Request::builder().method(method).uri(format!("/api{path}")).header(HOST, "localhost");
    if let Some(login) = login {
        let pair = format!("{}:{}", login.username, login.password.expose_secret());
        request = request.header(AUTHORIZATION, format!("Basic {}", BASE64_STANDARD.encode(pair)));
        if let Some(code) = &login.code {
            request = request.header("x-mcpbox-code", code.expose_secret());
        }
    }
    let body = match body {
        Some(json) => {
            request = request.header(CONTENT_TYPE, "application/json");
            Bytes::from(serde_json::to_vec(&json)?)
        }
        None => Bytes::new(),
    };
    request.body(Full::new(body)).context("this cannot be sent")
}

/// The answer's JSON, or the problem's sentence as error.
fn answer(status: StatusCode, body: &[u8]) -> anyhow::Result<Value> {
    if status.is_success() {
        if body.is_empty() {
            return Ok(Value::Null);
        }
        return serde_json::from_slice(body).context("the server's answer is not JSON");
    }
    let problem: Value = serde_json::from_slice(body).unwrap_or_default();
    match problem.get("detail").and_then(Value::as_str) {
        Some(detail) => bail!("{detail}"),
        None => bail!("the server answered {status}"),
    }
}
