//! The NAT64 prefixes of this network (RFC 7050): IPv6 addresses under them lead to IPv4 ones that the address check would
//! not see. The well-known prefix is refused in any case; a network's own one shows in how it answers `ipv4only.arpa`.

use std::{
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::resolve::Resolve;

/// A name that has only these IPv4 addresses; whatever IPv6 address comes back was made up from them.
const NAME: &str = "ipv4only.arpa";
const MARKS: [[u8; 4]; 2] = [[192, 0, 0, 170], [192, 0, 0, 171]];

/// The prefix lengths there are (RFC 6052, 2.2), in bytes.
const LENGTHS: [usize; 6] = [12, 8, 7, 6, 5, 4];

/// How long an answer counts. Laptops move from network to network.
const FRESH: Duration = Duration::from_secs(300);

/// A network's prefix: its first bytes.
type Prefix = Vec<u8>;

/// What is known of this network.
#[derive(Default)]
pub(crate) struct Nat64(Mutex<Option<(Instant, Vec<Prefix>)>>);

impl Nat64 {
    /// Whether the address lies under a prefix of this network. Asks the network when nothing fresh is known.
    pub(crate) async fn covers(&self, resolver: &dyn Resolve, address: Ipv6Addr) -> bool {
        let known = self.known();
        let prefixes = match known {
            Some(prefixes) => prefixes,
            None => self.ask(resolver).await,
        };
        prefixes.iter().any(|prefix| address.octets().starts_with(prefix))
    }

    fn known(&self) -> Option<Vec<Prefix>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.as_ref().filter(|(since, _)| since.elapsed() < FRESH).map(|(_, prefixes)| prefixes.clone())
    }

    async fn ask(&self, resolver: &dyn Resolve) -> Vec<Prefix> {
        let answer = resolver.resolve(NAME).await.unwrap_or_default();
        let prefixes: Vec<Prefix> = answer.into_iter().filter_map(prefix).collect();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), prefixes.clone()));
        prefixes
    }
}

/// The prefix of an address that was made up from one of the marks.
fn prefix(address: IpAddr) -> Option<Prefix> {
    let IpAddr::V6(address) = address else { return None };
    let bytes = address.octets();
    let length = LENGTHS.into_iter().find(|length| embedded(&bytes, *length).is_some_and(|v4| MARKS.contains(&v4)))?;
    bytes.get(..length).map(<[u8]>::to_vec)
}

/// The four bytes after a prefix of that length; byte 8 is always left out.
fn embedded(bytes: &[u8; 16], length: usize) -> Option<[u8; 4]> {
    let mut after = (length..16).filter(|at| *at != 8).filter_map(|at| bytes.get(at));
    let four = [*after.next()?, *after.next()?, *after.next()?, *after.next()?];
    (length == 12 || bytes.get(8) == Some(&0)).then_some(four)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_of_every_length_are_read_from_the_answer() {
        // The examples of RFC 6052, 2.4, with the marks for the IPv4 address.
        let rows = [
            ("2001:db8:c000:aa::", "2001:db8"),
            ("2001:db8:1c0:0:aa::", "2001:db8:1"),
            ("2001:db8:122:c000:0:aa00::", "2001:db8:122"),
            ("2001:db8:122:3c0:0:aa::", "2001:db8:122:3"),
            ("2001:db8:122:344:c0:0:aa00:0", "2001:db8:122:344"),
            ("2001:db8:122:344::192.0.0.171", "2001:db8:122:344::"),
        ];
        for ((address, shown), length) in rows.into_iter().zip([4, 5, 6, 7, 8, 12]) {
            let found = prefix(address.parse().unwrap()).unwrap_or_default();
            assert_eq!(found.len(), length, "{address} {shown}");
            assert!(address.parse::<Ipv6Addr>().unwrap().octets().starts_with(&found));
        }
        for other in ["192.0.0.170", "2001:db8::1", "2606:4700::2"] {
            assert_eq!(prefix(other.parse().unwrap()), None, "{other}");
        }
    }
}
