//! A URL text → a checked destination. Strict where URL parsers are lenient, so that nobody behind us can read the
//! text differently: what is not plainly one host, one port and one path is refused.

use std::net::IpAddr;

use mcpbox_core::capability::HostRule;
use url::{Host, Url};

use crate::error::{FetchError, FetchErrorKind};

const MAX_URL_BYTES: usize = 16 * 1024;

/// Characters of a broken host that are shown.
const MAX_SHOWN_CHARS: usize = 100;

/// Where a request goes, in canonical form.
#[derive(Debug, Clone)]
pub(crate) struct Destination {
    /// Whether TLS is spoken.
    pub(crate) is_tls: bool,
    /// Lower case, punycode, no trailing dot; IP addresses in their canonical form, IPv6 without brackets.
    pub(crate) host: String,
    /// The port, the scheme's default filled in.
    pub(crate) port: u16,
    /// The address, when the host is one.
    pub(crate) literal: Option<IpAddr>,
    /// The canonical URL without fragment.
    pub(crate) url: Url,
}

impl Destination {
    /// Reads an absolute `http` or `https` URL.
    pub(crate) fn parse(text: &str) -> Result<Self, FetchError> {
        check_text(text).map_err(invalid)?;
        let mut url = Url::parse(text).map_err(|error| invalid(&error.to_string()))?;
        url.set_fragment(None);
        let (host, literal) = canonical_host(&url).map_err(invalid)?;
        let port = url.port_or_known_default().filter(|port| *port != 0).ok_or_else(|| invalid("port 0"))?;
        if host.len() != url.host_str().map_or(0, str::len) && literal.is_none() {
            url.set_host(Some(&host)).map_err(|error| invalid(&error.to_string()))?;
        }
        Ok(Self { is_tls: url.scheme() == "https", host, port, literal, url })
    }

    /// Whether both are the same scheme, host and port.
    pub(crate) fn is_same_origin(&self, other: &Self) -> bool {
        (self.is_tls, &self.host, self.port) == (other.is_tls, &other.host, other.port)
    }

    /// `host`, `host:port`, `[v6]:port` as in a `Host` header.
    pub(crate) fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        if self.port == self.scheme_port() { host } else { format!("{host}:{}", self.port) }
    }

    /// Whether a grant without port is enough: 80 or 443.
    pub(crate) fn is_default_port(&self) -> bool {
        matches!(self.port, 80 | 443)
    }

    fn scheme_port(&self) -> u16 {
        if self.is_tls { 443 } else { 80 }
    }
}

/// The host and port that a text which is no proper URL seems to mean: for evidence only, never for a decision.
pub(crate) fn apparent_host(text: &str) -> (String, u16) {
    let after_scheme = text.split_once("//").map_or(text, |(_, rest)| rest);
    let authority = after_scheme.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host); // never a user or password
    let shown = host.chars().filter(|c| !c.is_control()).take(MAX_SHOWN_CHARS).collect();
    let port = host.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
    (shown, port.unwrap_or(if text.starts_with("http:") { 80 } else { 443 }))
}

fn invalid(why: &str) -> FetchError {
    FetchError::new(
        FetchErrorKind::InvalidUrl,
        format!("the URL cannot be fetched: {why}; give an absolute http:// or https:// URL with a plain host"),
    )
}

/// What must hold for the raw text, before a lenient parser repairs it.
fn check_text(text: &str) -> Result<(), &'static str> {
    if text.len() > MAX_URL_BYTES {
        return Err("it is longer than 16 KiB");
    }
    if text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
        return Err("it holds a space, a control character or a backslash (percent-encode them)");
    }
    let (scheme, rest) = text.split_once(':').ok_or("it has no scheme")?;
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return Err("only http and https are spoken");
    }
    let rest = rest.strip_prefix("//").ok_or("it has no host")?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    check_authority(authority)
}

fn check_authority(authority: &str) -> Result<(), &'static str> {
    if authority.is_empty() {
        return Err("it has no host");
    }
    if authority.contains('@') {
        return Err("it holds a user or password (send an Authorization header instead)");
    }
    if authority.contains('%') {
        return Err("its host is percent-encoded or has a zone");
    }
    let after_host = authority.rsplit_once(']').map_or(authority, |(_, after)| after);
    match after_host.rsplit_once(':') {
        Some((_, port)) if port.is_empty() || !port.bytes().all(|b| b.is_ascii_digit()) => Err("its port is no number"),
        _ => Ok(()),
    }
}

fn canonical_host(url: &Url) -> Result<(String, Option<IpAddr>), &'static str> {
    match url.host() {
        Some(Host::Ipv4(address)) => Ok((address.to_string(), Some(address.into()))),
        Some(Host::Ipv6(address)) => Ok((address.to_string(), Some(address.into()))),
        Some(Host::Domain(name)) => {
            let host = name.strip_suffix('.').unwrap_or(name);
            match HostRule::parse(host) {
                Ok(rule) if rule.host == host && rule.port.is_none() => Ok((rule.host, None)),
                _ => Err("its host is not a proper name"),
            }
        }
        None => Err("it has no host"),
    }
}
