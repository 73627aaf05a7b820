//! Remote access: where it listens, and the one address by which it is known. That address is the issuer of every token, so it is said
//! here and never taken from a request.

use std::net::SocketAddr;

use mcpbox_core::peers::Peers;
use url::{Host, Url};

use super::{
    parse::{address, wrong},
    source::{Settings, SettingsError},
};

/// The remote listener.
#[derive(Debug, Clone)]
pub(crate) struct Remote {
    /// Where it listens.
    pub address: SocketAddr,
    /// Who may connect to it.
    pub clients: Peers,
    /// How clients reach it: `https://host`, without a slash at its end.
    pub public_url: String,
}

impl Remote {
    /// Whether that address is one of this machine alone: then nobody elsewhere is meant to come, and it need not be https.
    pub(super) fn is_of_this_machine(&self) -> bool {
        Url::parse(&self.public_url).is_ok_and(|url| is_loopback(&url))
    }
}

/// The remote listener, when there is to be one.
///
/// # Errors
/// The public URL is not one by which a login is safe.
pub(super) fn remote(settings: &Settings) -> Result<Option<Remote>, SettingsError> {
    let address = address(settings, "remote_addr")?;
    let clients = super::clients::of_listener(settings, "remote_clients")?;
    let public_url = match settings.get("public_url").0 {
        "" => return Ok(None),
        text => origin(text).map_err(|rule| wrong(settings, "public_url", rule))?,
    };
    Ok(Some(Remote { address, clients, public_url }))
}

fn origin(text: &str) -> Result<String, &'static str> {
    let url = Url::parse(text).map_err(|_| "it must be an address such as https://box.example.com")?;
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) => {}
        _ => return Err("it must begin with https://: tokens must not cross the network in the clear"),
    }
    let is_origin = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    if !is_origin || !url.username().is_empty() || url.password().is_some() {
        return Err("it must be a host alone, such as https://box.example.com: MCPbox needs a host name of its own");
    }
    Ok(url.origin().ascii_serialization())
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_https_origin_or_a_loopback_one_is_an_issuer() {
        let good = [
            ("https://box.example.com", "https://box.example.com"),
            ("https://Box.Example.com/", "https://box.example.com"),
            ("https://box.example.com:443", "https://box.example.com"),
            ("https://box.example.com:8443/", "https://box.example.com:8443"),
            ("http://127.0.0.1:8002", "http://127.0.0.1:8002"),
            ("http://localhost:8002/", "http://localhost:8002"),
            ("http://[::1]:8002", "http://[::1]:8002"),
        ];
        for (text, expected) in good {
            assert_eq!(origin(text).unwrap(), expected);
        }
        let bad = [
            "box.example.com",
            "http://box.example.com",
            "http://localhost.example.com",
            "ftp://box.example.com",
            "https://box.example.com/mcp",
            "https://box.example.com/?a",
            "https://box.example.com/#a",
            "https://u:p@box.example.com",
            "https://",
        ];
        for text in bad {
            assert!(origin(text).is_err(), "{text}");
        }
    }
}
