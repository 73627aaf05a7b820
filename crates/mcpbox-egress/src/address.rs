//! Which addresses a tool may reach at all. Sources: the IANA special-purpose registries (RFC 6890 and its updates)
//! and the metadata addresses that clouds document. Only what is known to be public is public.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What may be done with an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// A public address: any grant is enough.
    Public,
    /// A private network (RFC 1918, RFC 6598, RFC 4193): only for a LAN grant.
    Lan,
    /// Never, whatever is granted; what it is.
    Never(&'static str),
}

/// Decides about an address.
pub(crate) fn reach(address: IpAddr) -> Reach {
    match address {
        IpAddr::V4(address) => reach_v4(address),
        IpAddr::V6(address) => reach_v6(address),
    }
}

/// Answers to machines inside a cloud; some lie in public or private ranges.
const METADATA_V4: [Ipv4Addr; 4] = [
    Ipv4Addr::new(169, 254, 169, 254),
    Ipv4Addr::new(100, 100, 100, 200), // Alibaba Cloud
    Ipv4Addr::new(168, 63, 129, 16),   // Azure wire server
    Ipv4Addr::new(192, 0, 0, 192),     // Oracle Cloud, classic
];

const METADATA_V6: [Ipv6Addr; 3] = [
    Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0254), // AWS metadata
    Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0253), // AWS name server
    Ipv6Addr::new(0xfd20, 0x00ce, 0, 0, 0, 0, 0, 0x0254), // Google Cloud
];

fn reach_v4(address: Ipv4Addr) -> Reach {
    if METADATA_V4.contains(&address) {
        return Reach::Never("a cloud metadata address");
    }
    match address.octets() {
        [0, ..] => Reach::Never("an unspecified address"),
        [127, ..] => Reach::Never("a loopback address"),
        [169, 254, ..] => Reach::Never("a link-local address"),
        [192, 0, 0, _] | [192, 88, 99, _] => Reach::Never("a protocol-assignment address"),
        [192, 31, 196, _] | [192, 52, 193, _] | [192, 175, 48, _] => Reach::Never("a protocol-assignment address"),
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => Reach::Never("a documentation address"),
        [198, 18 | 19, ..] => Reach::Never("a benchmarking address"),
        [224..=239, ..] => Reach::Never("a multicast address"),
        [255, 255, 255, 255] => Reach::Never("the broadcast address"),
        [240..=255, ..] => Reach::Never("a reserved address"),
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] | [100, 64..=127, ..] => Reach::Lan,
        _ => Reach::Public,
    }
}

fn reach_v6(address: Ipv6Addr) -> Reach {
    if METADATA_V6.contains(&address) {
        return Reach::Never("a cloud metadata address");
    }
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0] => Reach::Never("an unspecified address"),
        [0, 0, 0, 0, 0, 0, 0, 1] => Reach::Never("a loopback address"),
        [0, 0, 0, 0, 0, 0 | 0xffff, ..] | [0, 0, 0, 0, 0xffff, 0, ..] => Reach::Never("an IPv4 address inside IPv6"),
        [0x64, 0xff9b, 0, 0, 0, 0, ..] | [0x64, 0xff9b, 1, ..] => Reach::Never("a NAT64 address"),
        [0x2001, 0, ..] => Reach::Never("a Teredo address"),
        [0x2001, 0x0db8, ..] | [0x3fff, 0..=0x0fff, ..] => Reach::Never("a documentation address"),
        [0x2001, 2, 0, ..] => Reach::Never("a benchmarking address"),
        [0x2001, 0..=0x01ff, ..] => Reach::Never("a protocol-assignment address"),
        [0x2002, ..] => Reach::Never("a 6to4 address"),
        [0x2620, 0x004f, 0x8000, ..] => Reach::Never("a protocol-assignment address"),
        [0xff00..=0xffff, ..] => Reach::Never("a multicast address"),
        [0xfe80..=0xfebf, ..] => Reach::Never("a link-local address"),
        [0xfec0..=0xfeff, ..] => Reach::Never("a site-local address"),
        [_, _, _, _, 0 | 0x0200, 0x5efe, ..] => Reach::Never("an ISATAP address"),
        [0xfc00..=0xfdff, ..] => Reach::Lan,
        [0x2000..=0x3fff, ..] => Reach::Public,
        _ => Reach::Never("a reserved address"),
    }
}
