//! `mcpbox health`: whether the server of this machine or container answers at each of its doors. For container engines and service
//! managers; needs no tool besides this program.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context, bail, ensure};
use http_body_util::Empty;
use hyper::{
    Request, StatusCode,
    body::Bytes,
    client::conn::http1,
    header::{AUTHORIZATION, HOST},
};
use hyper_util::rt::TokioIo;
use mcpbox_core::bearer::BearerKey;
use secrecy::ExposeSecret;
use tokio::net::TcpStream;

use crate::{
    config::{Config, Role},
    console::print_line,
    serve::listen::reachable,
};

/// How long a door may take.
const LIMIT: Duration = Duration::from_secs(4);

/// Asks every door of the configured role.
///
/// # Errors
/// One does not answer well; the sentence says which.
pub(crate) async fn run(config: &Config) -> anyhow::Result<()> {
    match &config.role {
        Role::Sandbox { addr, key } => ask("sandbox worker", *addr, "/status", Some(key)).await?,
        Role::Server { doors, .. } => {
            if doors.has_admin() {
                // Looks into the database as well.
                ask("admin page", config.admin_addr, "/api/setup", None).await?;
            }
            if doors.has_mcp() {
                ask("MCP endpoint", config.mcp_addr, "/health", None).await?;
            }
        }
    }
    Ok(())
}

async fn ask(door: &str, address: SocketAddr, path: &str, key: Option<&BearerKey>) -> anyhow::Result<()> {
    let address = reachable(address);
    ensure!(address.port() != 0, "the {door} listens on a port that it chose itself; set one to ask it");
    let answer = tokio::time::timeout(LIMIT, get(address, path, key)).await;
    let status = answer
        .with_context(|| format!("the {door} at {address} did not answer in {} s", LIMIT.as_secs()))?
        .with_context(|| format!("the {door} at {address} does not answer"))?;
    if status != StatusCode::OK {
        bail!("the {door} at {address} answers {status}");
    }
    print_line(&format!("ok  {door} at {address}"));
    Ok(())
}

async fn get(address: SocketAddr, path: &str, key: Option<&BearerKey>) -> anyhow::Result<StatusCode> {
    #[expect(clippy::disallowed_methods, reason = "this machine's own listener, on behalf of nobody")]
    let stream = TcpStream::connect(address).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let mut request = Request::get(path).header(HOST, address.to_string());
    if let Some(key) = key {
        request = request.header(AUTHORIZATION, key.header().expose_secret());
    }
    let exchange = sender.send_request(request.body(Empty::<Bytes>::new())?);
    tokio::select! {
        // The connection drives the exchange, and may end with it.
        biased;
        answer = exchange => Ok(answer?.status()),
        ended = connection => {
            ended?;
            bail!("it hung up")
        }
    }
}
