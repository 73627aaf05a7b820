//! TCP to one of several decided addresses: the next is tried when one fails or is slow (after RFC 8305).

use std::{
    io,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use futures::stream::{FuturesUnordered, StreamExt as _};
use tokio::net::TcpStream;

/// How long an address may take before the next is tried beside it.
const HEAD_START: Duration = Duration::from_millis(250);

/// Connects to the first address that answers.
pub(crate) async fn dial(addresses: &[IpAddr], port: u16) -> io::Result<(TcpStream, IpAddr)> {
    let mut waiting = alternating(addresses).into_iter();
    let mut running = FuturesUnordered::new();
    let mut last_error = io::Error::new(io::ErrorKind::NotFound, "no address");
    running.extend(waiting.next().map(|address| connect(address, port)));
    loop {
        tokio::select! {
            Some(done) = running.next() => match done {
                Ok(connected) => return Ok(connected),
                Err(error) => {
                    last_error = error;
                    running.extend(waiting.next().map(|address| connect(address, port)));
                }
            },
            () = tokio::time::sleep(HEAD_START), if waiting.len() > 0 => {
                running.extend(waiting.next().map(|address| connect(address, port)));
            }
            else => return Err(last_error),
        }
    }
}

/// IPv6 and IPv4 in turn, starting with the family of the first.
fn alternating(addresses: &[IpAddr]) -> Vec<IpAddr> {
    let starts_v6 = addresses.first().is_some_and(IpAddr::is_ipv6);
    let (first, second): (Vec<IpAddr>, Vec<IpAddr>) =
        addresses.iter().partition(|address| address.is_ipv6() == starts_v6);
    let mut mixed = Vec::with_capacity(addresses.len());
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    loop {
        match (first.next(), second.next()) {
            (None, None) => return mixed,
            (one, other) => mixed.extend(one.into_iter().chain(other)),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the egress that everybody else must go through")]
async fn connect(address: IpAddr, port: u16) -> io::Result<(TcpStream, IpAddr)> {
    let stream = TcpStream::connect(SocketAddr::new(address, port)).await?;
    stream.set_nodelay(true)?;
    Ok((stream, address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_take_turns() {
        let parse = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect::<Vec<IpAddr>>();
        let given = parse(&["2600::1", "2600::2", "1.1.1.1", "2600::3", "8.8.8.8"]);
        assert_eq!(alternating(&given), parse(&["2600::1", "1.1.1.1", "2600::2", "8.8.8.8", "2600::3"]));
        assert_eq!(alternating(&[]), parse(&[]));
    }
}
