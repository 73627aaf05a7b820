//! The public address: what it looks like, and whether it resolves.

use std::{net::IpAddr, time::Duration};

use url::{Host, Url};

use super::{Found, Trouble};

/// How long a name may take to resolve.
const RESOLVING: Duration = Duration::from_secs(10);

/// A public address.
pub(super) struct Address {
    /// `https://host[:port]`, the issuer.
    pub(super) origin: String,
    host: String,
    port: u16,
    is_https: bool,
}

impl Address {
    /// The address of a path.
    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// How the connection is.
    pub(super) fn secured(&self) -> &'static str {
        if self.is_https { "encrypted, the certificate is valid" } else { "not encrypted, on this machine" }
    }
}

/// Reads what was typed.
pub(super) fn parse(text: &str) -> Result<Address, Trouble> {
    let example = "Give the address that clients are to use, such as https://box.example.com";
    let url = Url::parse(text).map_err(|error| Trouble::new(format!("'{text}' ({error})"), example))?;
    let Some(host) = url.host() else { return Err(Trouble::new(format!("'{text}' names no host"), example)) };
    let is_here = match &host {
        Host::Domain(name) => *name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    };
    let is_https = url.scheme() == "https";
    if !(is_https || url.scheme() == "http" && is_here) {
        let fix =
            "Put a proxy or tunnel with a certificate in front (docs/guides/proxies.md), and give its https:// address";
        return Err(Trouble::new(format!("{}://", url.scheme()), fix));
    }
    if !matches!(url.path(), "/" | "/mcp" | "/mcp/") {
        let fix = "MCPbox needs a host name (or a port) of its own: have the proxy hand on all paths of it, unchanged";
        return Err(Trouble::new(format!("the path {}", url.path()), fix));
    }
    let port = url.port_or_known_default().unwrap_or(443);
    Ok(Address { origin: url.origin().ascii_serialization(), host: bare(&host), port, is_https })
}

fn bare(host: &Host<&str>) -> String {
    match host {
        Host::Domain(name) => (*name).to_owned(),
        Host::Ipv4(address) => address.to_string(),
        Host::Ipv6(address) => address.to_string(),
    }
}

/// Where the name leads to.
pub(super) async fn resolve(address: &Address) -> Found {
    let fix = format!("Make a DNS record for {} that leads to your proxy or tunnel", address.host);
    let looked_up = tokio::time::timeout(RESOLVING, tokio::net::lookup_host((address.host.as_str(), address.port)));
    let found = match looked_up.await {
        Ok(Ok(found)) => found.map(|found| found.ip().to_canonical()).collect::<Vec<IpAddr>>(),
        Ok(Err(error)) => return Err(Trouble::new(error.to_string(), fix)),
        Err(_) => return Err(Trouble::new("no answer of the name server within 10 s", fix)),
    };
    let Some(first) = found.first() else { return Err(Trouble::new("no address", fix)) };
    let note =
        if found.iter().all(is_private) { ", a private address: clients in the cloud cannot reach it" } else { "" };
    Ok(format!("{first}{note}"))
}

fn is_private(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_private() || v4.is_loopback() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_an_https_host_of_its_own() {
        for good in ["https://box.example.com", "https://box.example.com/mcp", "https://BOX.example.com:443/"] {
            assert_eq!(parse(good).ok().unwrap().origin, "https://box.example.com", "{good}");
        }
        assert_eq!(parse("http://127.0.0.1:8002/mcp").ok().unwrap().origin, "http://127.0.0.1:8002");
        let bad = [
            ("http://box.example.com", "https://"),
            ("https://box.example.com/mcpbox/mcp", "of its own"),
            ("box.example.com", "such as https://box.example.com"),
            ("ftp://box.example.com", "https://"),
        ];
        for (text, fix) in bad {
            let trouble = parse(text).err().unwrap();
            assert!(trouble.fix.contains(fix), "{text}: {trouble:?}");
        }
    }
}
