//! `CONNECT`: the tool's own TLS through a connection to the address that was decided on. What goes through it cannot be read
//! here, so no secret is put in and no echo taken out. Plain requests are answered one by one instead.

use std::{io::Cursor, time::Duration};

use http::{Request, Response};
use hyper::{body::Incoming, upgrade::Upgraded};
use hyper_util::rt::TokioIo;
use mcpbox_core::execute::HostOutcome;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use super::{
    Caller,
    answer::{Answer, failure, whole},
    hello, plain,
};
use crate::{
    error::{FetchError, FetchErrorKind},
    session::Tunnel,
};

/// Opens the tunnel and answers; it is served until one side closes it, its caps are reached, or the call ends.
pub(super) async fn open(caller: Caller, request: Request<Incoming>) -> Answer {
    let authority = request.uri().authority().map(ToString::to_string).unwrap_or_default();
    match caller.session.tunnel(&authority).await {
        Ok(tunnel) => {
            tunnel.attempt.close_with_answer((HostOutcome::Reached, "tunnel".to_owned()));
            let ended = caller.ended.clone();
            tokio::spawn(async move {
                let served = async {
                    if let Ok(client) = hyper::upgrade::on(request).await {
                        serve(caller, client, tunnel).await;
                    }
                };
                ended.run_until_cancelled(served).await
            });
            Response::new(whole(bytes::Bytes::new()))
        }
        Err(error) => failure(&error),
    }
}

async fn serve(caller: Caller, client: Upgraded, mut tunnel: Tunnel) {
    let mut client = TokioIo::new(client);
    let first = match hello::begin(&mut client, &tunnel.to).await {
        Ok(first) => first,
        Err(error) => return tunnel.attempt.close_with(&error),
    };
    let limit = Duration::from_millis(tunnel.limits.time_ms);
    if plain::begins(&first) {
        tunnel.attempt.close_with_answer((HostOutcome::Reached, "tunnel for plain requests".to_owned()));
        // Its requests are connected for by themselves.
        let to = tunnel.close();
        let (read, write) = tokio::io::split(client);
        let served = plain::serve(caller, &to, tokio::io::join(Cursor::new(first).chain(read), write));
        let _over = timeout(limit, served).await;
        return;
    }
    let served = timeout(limit, relay(first, &mut client, &mut tunnel)).await;
    let served = served.unwrap_or_else(|_| Err(over("it was open for too long")));
    match served {
        Ok((sent, received)) => {
            let detail = format!("tunnel, {sent} bytes sent, {received} received");
            tunnel.attempt.close_with_answer((HostOutcome::Reached, detail));
        }
        Err(error) => tunnel.attempt.close_with(&error),
    }
}

async fn relay(
    first: Vec<u8>,
    client: &mut TokioIo<Upgraded>,
    tunnel: &mut Tunnel,
) -> Result<(usize, usize), FetchError> {
    let hello = hello::read(first, client, &tunnel.to).await?;
    let host = &mut tunnel.stream;
    if host.write_all(&hello).await.is_err() {
        return Ok((0, 0)); // the tool sees the closed connection
    }
    let (from_client, to_client) = tokio::io::split(client);
    let (from_host, to_host) = TcpStream::split(host);
    let limits = tunnel.limits;
    let (sent, received) = tokio::try_join!(
        copy(from_client, to_host, limits.sent_bytes),
        copy(from_host, to_client, limits.received_bytes)
    )?;
    Ok((sent + hello.len(), received))
}

/// Copies until the end, then passes the end on. A connection that breaks is an end too.
async fn copy(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    max_bytes: usize,
) -> Result<usize, FetchError> {
    let (mut chunk, mut copied) = (vec![0; 16 * 1024], 0_usize);
    while let Ok(count @ 1..) = from.read(&mut chunk).await {
        copied = copied.saturating_add(count);
        if copied > max_bytes {
            return Err(over(&format!("more than {} KiB went through it", max_bytes / 1024)));
        }
        if to.write_all(chunk.get(..count).unwrap_or_default()).await.is_err() {
            break;
        }
    }
    let _gone = to.shutdown().await;
    Ok(copied)
}

fn over(why: &str) -> FetchError {
    let message = format!("the connection was closed: {why}; move less per connection");
    FetchError::new(FetchErrorKind::TooLarge, message)
}
