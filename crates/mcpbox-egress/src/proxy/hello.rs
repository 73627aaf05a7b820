//! The first bytes of a tunnel. They must be the beginning of TLS for the very host that was decided on: else one granted
//! name would open every name behind the same address, and every other protocol.

use std::time::Duration;

use rustls::server::Acceptor;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _},
    time::timeout,
};

use crate::{
    destination::Destination,
    error::{FetchError, FetchErrorKind},
};

/// Time for the first message.
const PATIENCE: Duration = Duration::from_secs(15);

/// A first message is not longer.
const MAX_BYTES: usize = 64 * 1024;

/// Reads the first bytes.
pub(super) async fn begin(client: &mut (impl AsyncRead + Unpin), to: &Destination) -> Result<Vec<u8>, FetchError> {
    let mut chunk = vec![0; 4096];
    let count = timeout(PATIENCE, client.read(&mut chunk)).await.map_err(|_| no_tls(to))?;
    chunk.truncate(count.unwrap_or(0));
    if chunk.is_empty() { Err(no_tls(to)) } else { Ok(chunk) }
}

/// Reads the rest of a first message that begins with `first`, and checks it; its bytes, to be sent on.
pub(super) async fn read(
    first: Vec<u8>,
    client: &mut (impl AsyncRead + Unpin),
    to: &Destination,
) -> Result<Vec<u8>, FetchError> {
    let (mut acceptor, mut bytes, mut chunk) = (Acceptor::default(), Vec::new(), first);
    loop {
        bytes.extend_from_slice(&chunk);
        let mut unread = &chunk[..];
        while !unread.is_empty() {
            acceptor.read_tls(&mut unread).map_err(|_| no_tls(to))?;
        }
        match acceptor.accept() {
            Ok(Some(accepted)) => return check(accepted.client_hello().server_name(), to).map(|()| bytes),
            Ok(None) if bytes.len() < MAX_BYTES => chunk = begin(client, to).await?,
            _ => return Err(no_tls(to)),
        }
    }
}

fn check(name: Option<&str>, to: &Destination) -> Result<(), FetchError> {
    let is_meant = match (name, to.literal) {
        (Some(name), _) => name.trim_end_matches('.').eq_ignore_ascii_case(&to.host),
        (None, literal) => literal.is_some(), // TLS names no addresses
    };
    if is_meant {
        return Ok(());
    }
    let message = format!(
        "a connection that was asked for {} speaks TLS with {}; ask the proxy for the host that is meant",
        to.host,
        name.unwrap_or("no name")
    );
    Err(FetchError::denied(&to.host, to.port, message))
}

fn no_tls(to: &Destination) -> FetchError {
    let message = format!(
        "a connection to {} begins neither with TLS nor with a request; only https and http go through the proxy",
        to.authority()
    );
    FetchError::new(FetchErrorKind::InvalidRequest, message)
}
