//! Whose word about a client's address counts. A proxy that the operator named is believed about who came to it; everybody else is who
//! the kernel says, whatever their headers claim.

use std::{
    net::{IpAddr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

use ipnet::IpNet;

/// Entries of the header that are read; a longer chain is nobody's setup.
const HOPS_MAX: usize = 32;

/// The proxies that the operator trusts.
#[derive(Debug, Clone, Default)]
pub struct Proxies(Arc<[IpNet]>);

/// A trusted proxy said something about a client that cannot be read, so nobody knows who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("X-Forwarded-For of a trusted proxy holds something that is no address")]
pub struct Unclear;

impl Proxies {
    /// These, and no others.
    pub fn these(networks: Vec<IpNet>) -> Self {
        Self(networks.into())
    }

    /// Whether the word of `address` counts.
    pub fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }

    /// Who asks: `peer`, or, when that is a trusted proxy, the address nearest to us in `forwarded` that is none. `forwarded` are the
    /// values of X-Forwarded-For, in the order of the lines; the leftmost entries are whatever the client wrote.
    ///
    /// # Errors
    /// [`Unclear`] when an entry that would have to be believed is no address.
    pub fn client<'a>(
        &self,
        peer: IpAddr,
        forwarded: impl DoubleEndedIterator<Item = &'a [u8]>,
    ) -> Result<IpAddr, Unclear> {
        let mut client = peer.to_canonical();
        let mut hops = 0;
        for line in forwarded.rev() {
            for entry in std::str::from_utf8(line).map_err(|_| Unclear)?.rsplit(',') {
                if !self.trusts(client) {
                    return Ok(client);
                }
                hops += 1;
                client = address_of(entry).filter(|_| hops <= HOPS_MAX).ok_or(Unclear)?;
            }
        }
        Ok(client)
    }
}

/// An entry: an address, with or without a port.
fn address_of(entry: &str) -> Option<IpAddr> {
    let entry = entry.trim();
    let bare = entry.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let address = bare.map_or_else(
        || entry.parse().ok().or_else(|| entry.parse::<SocketAddr>().ok().map(|address| address.ip())),
        |v6| v6.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
    );
    address.map(|address| address.to_canonical())
}

/// Under which an address is counted: IPv4 (also when mapped into IPv6) alone, IPv6 by its /64, all of which one customer has.
pub fn customer(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        v6 @ IpAddr::V6(_) if !v6.is_loopback() => first_of(v6, 64),
        other => other,
    }
}

/// Under which whoever rents machines has many addresses next to each other is counted: IPv4 by its /24, IPv6 by its /48.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        v4 @ IpAddr::V4(_) => first_of(v4, 24),
        v6 => first_of(v6, 48),
    }
}

fn first_of(address: IpAddr, prefix: u8) -> IpAddr {
    IpNet::new(address, prefix).map_or(address, |net| net.network())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, lines: &[&str]) -> Result<String, Unclear> {
        let proxies =
            Proxies::these(["127.0.0.1/32", "10.0.0.0/8", "fd00::/64"].map(|net| net.parse().unwrap()).into());
        let lines = lines.iter().map(|line| line.as_bytes());
        proxies.client(peer.parse().unwrap(), lines).map(|address| address.to_string())
    }

    #[test]
    fn the_nearest_address_that_is_no_trusted_proxy_is_the_client() {
        let cases: [(&str, &[&str], &str); 14] = [
            ("203.0.113.9", &[], "203.0.113.9"),
            ("203.0.113.9", &["198.51.100.1"], "203.0.113.9"),
            ("203.0.113.9", &["rubbish"], "203.0.113.9"),
            ("127.0.0.1", &[], "127.0.0.1"),
            ("127.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            ("::ffff:127.0.0.1", &["::ffff:198.51.100.1"], "198.51.100.1"),
            ("127.0.0.1", &["1.1.1.1, 198.51.100.1"], "198.51.100.1"),
            ("127.0.0.1", &["127.0.0.1, 198.51.100.1"], "198.51.100.1"),
            ("127.0.0.1", &["rubbish,198.51.100.1"], "198.51.100.1"),
            ("127.0.0.1", &["198.51.100.1,10.1.2.3"], "198.51.100.1"),
            ("127.0.0.1", &["1.1.1.1", "198.51.100.1", "10.1.2.3"], "198.51.100.1"),
            ("127.0.0.1", &["198.51.100.1:4711"], "198.51.100.1"),
            ("fd00::1", &["[2001:db8::5]:443"], "2001:db8::5"),
            ("10.0.0.1", &["10.9.9.9"], "10.9.9.9"),
        ];
        for (peer, lines, expected) in cases {
            assert_eq!(client(peer, lines).as_deref(), Ok(expected), "{peer} {lines:?}");
        }
    }

    #[test]
    fn what_a_trusted_proxy_says_must_be_readable() {
        let long = ["10.0.0.1"; HOPS_MAX + 1].join(",");
        for line in ["", "unknown", "198.51.100.1,", "_hidden", "1.2.3", "198.51.100.1 10.0.0.1", "[10.0.0.1]", &long] {
            assert_eq!(client("127.0.0.1", &[line]), Err(Unclear), "{line}");
        }
        assert!(client("127.0.0.1", &["198.51.100.1", "junk"]).is_err(), "the last line is the nearest hop");
        let none = Proxies::default();
        let peer = "127.0.0.1".parse().unwrap();
        assert_eq!(
            none.client(peer, [b"198.51.100.1".as_slice()].into_iter()),
            Ok(peer),
            "nobody is trusted unless named"
        );
    }

    #[test]
    fn a_customer_is_an_ipv4_address_or_a_64() {
        let of = |text: &str| customer(text.parse().unwrap()).to_string();
        assert_eq!(of("::ffff:192.0.2.1"), "192.0.2.1");
        assert_eq!(of("2001:db8:1:2:ffff::9"), of("2001:db8:1:2::1"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::1"), "::1");
        let of = |text: &str| network(text.parse().unwrap()).to_string();
        assert_eq!([of("::ffff:192.0.2.77"), of("2001:db8:1:2::9")], ["192.0.2.0", "2001:db8:1::"]);
    }
}
