//! URLs and addresses as hostile code might choose them. Built only for tests and for the fuzz target `url`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::{
    address::{Reach, reach},
    destination::{Destination, apparent_host},
    endpoint::endpoint,
};

/// Checks a URL, and the first bytes as an address.
///
/// # Panics
/// A URL is read in two ways, or an address that is never reached is let through.
pub fn url(data: &[u8]) {
    if let Some(bytes) = data.first_chunk::<4>() {
        embedded(Ipv4Addr::from(*bytes));
    }
    if let Some(bytes) = data.first_chunk::<16>() {
        let _decided = reach(IpAddr::V6(Ipv6Addr::from(*bytes)));
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    let _shown = apparent_host(text);
    let Ok(to) = Destination::parse(text) else { return };
    let again = Destination::parse(to.url.as_str());
    assert!(
        again.is_ok_and(|again| again.is_same_origin(&to) && again.url == to.url),
        "{} is read in two ways",
        to.url
    );
    assert!(!to.host.is_empty() && to.port != 0 && to.host == to.host.to_lowercase(), "{to:?}");
    assert_eq!(to.host.trim_matches(['[', ']']).parse().ok(), to.literal, "an address is known as one: {to:?}");
    let is_never = matches!(to.literal.map(reach), Some(Reach::Never(_)));
    let taken = endpoint(text, "GET");
    assert_eq!(taken.is_err(), is_never, "{to:?}");
    if let Ok(taken) = taken {
        assert!(taken.rule.allows(&to.host, to.port, "GET"), "{:?} does not allow {to:?}", taken.rule);
    }
}

/// An address inside of another one is reached no more easily.
fn embedded(address: Ipv4Addr) {
    let [a, b, c, d] = address.octets().map(u16::from);
    let (high, low) = (a << 8 | b, c << 8 | d);
    let forms = [
        Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, high, low),
        Ipv6Addr::new(0, 0, 0, 0, 0, 0, high, low),
        Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
        Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1),
    ];
    for form in forms {
        let is_public = reach(IpAddr::V6(form)) == Reach::Public;
        assert!(
            !is_public || reach(IpAddr::V4(address)) == Reach::Public,
            "{form} is let through, and {address} is not"
        );
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_corpus_is_read() {
        let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/url");
        let files: Vec<_> = std::fs::read_dir(corpus).unwrap().collect();
        assert!(!files.is_empty());
        for file in files {
            super::url(&std::fs::read(file.unwrap().path()).unwrap());
        }
    }
}
