//! Capabilities: what a tool's code needs beyond plain computing, and the rules by which a host matches.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{name::SecretKey, package::PackageRule, source::SourceRule};

/// One thing that a tool may need and an admin may grant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Capability {
    /// Import of a module of the standard library or the base environment.
    Module {
        /// Dotted name.
        name: String,
    },
    /// A third-party package from the package index.
    Package(PackageRule),
    /// HTTP to a host.
    Host(HostRule),
    /// Use of one of the server's secrets.
    Secret {
        /// The secret's key.
        key: SecretKey,
    },
    /// Calls to another MCP server.
    Source(SourceRule),
}

/// All capabilities of a version, sorted.
pub type Capabilities = BTreeSet<Capability>;

impl std::fmt::Display for Capability {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Module { name } => write!(f, "module {name}"),
            Self::Package(rule) => write!(f, "package {rule}"),
            Self::Host(rule) => write!(f, "host {rule}"),
            Self::Secret { key } => write!(f, "secret {key}"),
            Self::Source(rule) => write!(f, "{rule}"),
        }
    }
}

impl Capability {
    /// Whether a grant of `self` is enough for the need `other`.
    pub fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Module { name: granted }, Self::Module { name: needed }) => {
                needed == granted || needed.strip_prefix(granted.as_str()).is_some_and(|rest| rest.starts_with('.'))
            }
            (Self::Package(granted), Self::Package(needed)) => granted.covers(needed),
            (Self::Host(granted), Self::Host(needed)) => granted.covers(needed),
            _ => self == other,
        }
    }
}

/// A host that may be reached: exact name or address, optionally one port, optionally one method.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HostRule {
    /// Lower-case host name (punycode), IPv4 or bracketless IPv6 address. Never a wildcard.
    pub host: String,
    /// The one allowed port; none allows the scheme's defaults (80 and 443).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// The one allowed method, upper case; none allows all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
}

/// Why a text is not a host rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is not a host: {rule}")]
pub struct HostRuleError {
    text: String,
    rule: &'static str,
}

impl HostRule {
    /// Parses `host`, `host:port`, `[v6]` or `[v6]:port`. A scheme, path, user or wildcard is refused.
    ///
    /// # Errors
    /// [`HostRuleError`] says which rule is broken.
    pub fn parse(text: &str) -> Result<Self, HostRuleError> {
        let fail = |rule| HostRuleError { text: text.chars().take(80).collect(), rule };
        let trimmed = text.trim();
        if trimmed.contains("://") {
            return Err(fail("give only the host name, without http:// or https://"));
        }
        if trimmed.contains(['/', '@', '*', '?', '#', ' ', '\\', '%']) {
            return Err(fail("give one exact host name, without path, user or wildcard"));
        }
        let (host, port) = split_port(trimmed).ok_or_else(|| fail("the port must be a number from 1 to 65535"))?;
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        if !is_host(&host) {
            return Err(fail("use letters, digits, '-' and '.' (punycode for other scripts), or an IP address"));
        }
        Ok(Self { host, port, method: None })
    }

    /// Whether a grant of `self` is enough for the need `other`.
    pub fn covers(&self, other: &Self) -> bool {
        self.host == other.host
            && (self.port.is_none() && matches!(other.port, None | Some(80 | 443)) || self.port == other.port)
            && (self.method.is_none() || self.method == other.method)
    }

    /// Whether a request to this host, port and method is allowed by the rule. `host` is lower case without trailing dot.
    pub fn allows(&self, host: &str, port: u16, method: &str) -> bool {
        self.host == host
            && self.port.map_or(matches!(port, 80 | 443), |allowed| allowed == port)
            && self.method.as_deref().is_none_or(|allowed| allowed.eq_ignore_ascii_case(method))
    }
}

impl std::fmt::Display for HostRule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]", self.host)?;
        } else {
            f.write_str(&self.host)?;
        }
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        if let Some(method) = &self.method {
            write!(f, " ({method})")?;
        }
        Ok(())
    }
}

fn split_port(text: &str) -> Option<(&str, Option<u16>)> {
    if let Some(rest) = text.strip_prefix('[') {
        let (host, after) = rest.split_once(']')?;
        return match after.strip_prefix(':') {
            None if after.is_empty() => Some((host, None)),
            None => None,
            Some(port) => Some((host, Some(parse_port(port)?))),
        };
    }
    match text.split_once(':') {
        Some((_, port)) if port.contains(':') => Some((text, None)), // a bare IPv6 address
        Some((host, port)) => Some((host, Some(parse_port(port)?))),
        None => Some((text, None)),
    }
}

fn parse_port(text: &str) -> Option<u16> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())?.filter(|port| *port != 0)
}

fn is_host(host: &str) -> bool {
    if host.contains(':') {
        return host.parse::<std::net::Ipv6Addr>().is_ok();
    }
    !host.is_empty()
        && host.len() <= 253
        && host.split('.').all(|label| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_rules_parse_exact_hosts_only() {
        let cases = [
            ("api.github.com", "api.github.com", None),
            ("API.GitHub.com:8443", "api.github.com", Some(8443)),
            ("10.0.0.7:80", "10.0.0.7", Some(80)),
            ("[fd00::1]:81", "fd00::1", Some(81)),
            ("fd00::1", "fd00::1", None),
            ("example.com.", "example.com", None),
        ];
        for (text, host, port) in cases {
            let rule = HostRule::parse(text).unwrap();
            assert_eq!((rule.host.as_str(), rule.port), (host, port), "{text}");
        }
        for bad in
            ["", "https://x.de", "x.de/a", "u@x.de", "*.x.de", "x.de:0", "x.de:99999", "x.de:+8", "a..b", "-a.de"]
        {
            assert!(HostRule::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_rule_without_port_covers_only_the_default_ports() {
        let any = HostRule::parse("x.de").unwrap();
        assert!(any.allows("x.de", 443, "GET") && any.allows("x.de", 80, "POST"));
        assert!(!any.allows("x.de", 8080, "GET") && !any.allows("a.x.de", 443, "GET"));
        assert!(any.covers(&HostRule::parse("x.de:443").unwrap()));
        assert!(!any.covers(&HostRule::parse("x.de:8080").unwrap()));
        assert!(!HostRule::parse("x.de:443").unwrap().covers(&any));
    }

    #[test]
    fn a_module_grant_covers_its_submodules() {
        let xml = Capability::Module { name: "xml".into() };
        assert!(xml.covers(&Capability::Module { name: "xml.dom".into() }));
        assert!(!xml.covers(&Capability::Module { name: "xmlrpc".into() }));
    }
}
