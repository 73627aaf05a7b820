//! `mcpbox connect`: a client that speaks only stdio, joined to an MCP server over HTTP. Messages of both eras pass
//! through unchanged; what belongs to HTTP (session, headers, streams, cancelling by hanging up) is added and taken
//! off here. Talks only to the one address its operator gave.

mod headers;
mod link;
mod message;

use std::{collections::HashMap, sync::Arc, time::Duration};

use futures::StreamExt;
use secrecy::SecretString;
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt},
    sync::mpsc,
    task::{AbortHandle, JoinSet},
};
use tokio_util::codec::{FramedRead, LinesCodec, LinesCodecError};

use self::{
    link::Link,
    message::{Message, PARSE_ERROR, error_line},
};
use crate::error::GatewayError;

/// Longest line read from the client, bytes.
const LINE_MAX: usize = 16 << 20;
/// Lines waiting for a client that reads slowly.
const OUTPUT_BACKLOG: usize = 64;
/// How long running requests may go on after the client closed its end.
const LAST_ANSWERS: Duration = Duration::from_secs(10);

/// Joins standard input and output to the MCP server at `url` until the client closes its end.
///
/// # Errors
/// The address is unusable, or standard input or output failed. A server that is away is no error: every request is
/// answered with one, and standard error says so.
pub async fn bridge(url: &str, token: Option<SecretString>) -> Result<(), GatewayError> {
    bridge_pipe(url, token, tokio::io::stdin(), tokio::io::stdout()).await
}

/// The same over any pair of pipes.
///
/// # Errors
/// Those of [`bridge`].
pub async fn bridge_pipe(
    url: &str,
    token: Option<SecretString>,
    input: impl AsyncRead + Send + Unpin,
    output: impl AsyncWrite + Send + Unpin + 'static,
) -> Result<(), GatewayError> {
    let (lines, written) = mpsc::channel(OUTPUT_BACKLOG);
    let link = Arc::new(Link::new(url, token, lines)?);
    let mut tasks = JoinSet::new();
    tasks.spawn(write(written, output));
    let read = pump(&link, input).await;
    link.close().await;
    drop(link);
    let wrote = tasks.join_next().await;
    read?;
    match wrote {
        Some(Ok(Err(error))) => Err(GatewayError::Stdio(error)),
        _ => Ok(()),
    }
}

async fn write(mut lines: mpsc::Receiver<String>, mut output: impl AsyncWrite + Unpin) -> std::io::Result<()> {
    while let Some(line) = lines.recv().await {
        output.write_all(line.as_bytes()).await?;
        output.write_all(b"\n").await?;
        output.flush().await?;
    }
    Ok(())
}

/// Requests under way, by id.
#[derive(Default)]
struct Running {
    tasks: JoinSet<()>,
    by_id: HashMap<String, AbortHandle>,
}

async fn pump(link: &Arc<Link>, input: impl AsyncRead + Send + Unpin) -> Result<(), GatewayError> {
    let mut lines = FramedRead::new(input, LinesCodec::new_with_max_length(LINE_MAX));
    let mut running = Running::default();
    while let Some(line) = lines.next().await {
        match line {
            Ok(line) if line.trim().is_empty() => {}
            Ok(line) => running.start(link, line).await,
            Err(LinesCodecError::MaxLineLengthExceeded) => {
                link.tell(error_line(None, PARSE_ERROR, "the message is longer than 16 MiB")).await;
            }
            Err(LinesCodecError::Io(error)) => return Err(GatewayError::Stdio(error)),
        }
    }
    running.finish().await;
    Ok(())
}

impl Running {
    async fn start(&mut self, link: &Arc<Link>, line: String) {
        while self.tasks.try_join_next().is_some() {}
        self.by_id.retain(|_, task| !task.is_finished());
        let message = match Message::parse(line) {
            Ok(message) => message,
            Err(reason) => return link.tell(error_line(None, PARSE_ERROR, &reason)).await,
        };
        if let Some(cancelled) = message.cancels() {
            // Hanging up is how the newer era cancels; the older one wants to be told as well.
            if let Some(task) = self.by_id.remove(&cancelled) {
                task.abort();
            }
            if message.is_modern() || !link.has_session() {
                return;
            }
        }
        let id = message.request_key();
        // A client may send its next message before this one is answered, but not before the handshake is done.
        if message.is_handshake() {
            return link.forward(message).await;
        }
        let link = link.clone();
        let task = self.tasks.spawn(async move { link.forward(message).await });
        if let Some(id) = id {
            self.by_id.insert(id, task);
        }
    }

    /// Waits for the answers that are still to come; whoever only listens is not waited for long.
    async fn finish(mut self) {
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(LAST_ANSWERS, all).await.is_err() {
            tracing::debug!("requests were given up when the client closed its end");
        }
        self.tasks.shutdown().await;
    }
}
