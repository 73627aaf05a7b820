//! The decision: may this request go out, and to which addresses. Grants first (pure), then names, then every address.
//!
//! LAN rule: a private address (RFC 1918, CGNAT, ULA) is reached only by a LAN grant. A grant is one when its host is
//! the address itself, or when it names its port: a LAN host is granted with its port. Loopback, link-local, metadata,
//! multicast and unspecified addresses are never reached, whatever is granted.

use std::net::IpAddr;

use mcpbox_core::capability::HostRule;

use crate::{
    address::{Reach, reach},
    destination::Destination,
    error::{FetchError, FetchErrorKind},
    nat64::Nat64,
    resolve::{Resolve, ResolveError},
};

/// More addresses than this are not looked at.
const MAX_ADDRESSES: usize = 32;

/// That a request is granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Granted {
    /// Whether private addresses count.
    pub(crate) covers_lan: bool,
}

/// Puts IP addresses of rules in the form in which destinations name them.
pub(crate) fn canonical_rules(rules: &[HostRule]) -> Vec<HostRule> {
    let canonical = |rule: &HostRule| match rule.host.parse::<IpAddr>() {
        Ok(address) => HostRule { host: address.to_string(), ..rule.clone() },
        Err(_) => rule.clone(),
    };
    rules.iter().map(canonical).collect()
}

/// Checks scheme, host, port and method against the grants.
pub(crate) fn check_grant(rules: &[HostRule], to: &Destination, method: &str) -> Result<Granted, FetchError> {
    let mut matching = rules.iter().filter(|rule| rule.allows(&to.host, to.port, method)).peekable();
    if matching.peek().is_none() {
        return Err(not_granted(rules, to, method));
    }
    Ok(Granted { covers_lan: to.literal.is_some() || matching.any(|rule| rule.port.is_some()) })
}

fn not_granted(rules: &[HostRule], to: &Destination, method: &str) -> FetchError {
    // Whoever asked for what is never reached would ask in vain.
    if let Some(Reach::Never(what)) = to.literal.map(reach) {
        return never(to, None, what);
    }
    let known = rules.iter().any(|rule| rule.host == to.host);
    let what = match (known, to.is_default_port()) {
        (true, _) => format!("{method} to port {} of {}", to.port, to.host),
        (false, true) => to.host.clone(),
        (false, false) => format!("port {} of {}", to.port, to.host),
    };
    let rule = HostRule { host: to.host.clone(), port: (!to.is_default_port()).then_some(to.port), method: None };
    FetchError::needs(rule, to.port, format!("{what} is not granted to this tool; {}", request_hint(to)))
}

fn request_hint(to: &Destination) -> String {
    let port = if to.is_default_port() { String::new() } else { format!(" and port {}", to.port) };
    format!("ask for it: mcpbox_request_network_access with host \"{}\"{port}", to.host)
}

/// Resolves the destination and checks every address. All must be allowed: a name that also points inside is refused.
pub(crate) async fn approve_addresses(
    resolver: &dyn Resolve,
    nat64: &Nat64,
    to: &Destination,
    granted: Granted,
) -> Result<Vec<IpAddr>, FetchError> {
    let mut addresses = match to.literal {
        Some(address) => vec![address],
        None => resolver.resolve(&to.host).await.map_err(|error| unresolvable(to, &error))?,
    };
    if addresses.is_empty() {
        return Err(unresolvable(to, &ResolveError::NoAddress));
    }
    for address in &addresses {
        check_address(to, *address, granted)?;
        if let IpAddr::V6(v6) = address
            && nat64.covers(resolver, *v6).await
        {
            return Err(never(to, Some(*address), "a NAT64 address of this network"));
        }
    }
    addresses.truncate(MAX_ADDRESSES);
    Ok(addresses)
}

fn check_address(to: &Destination, address: IpAddr, granted: Granted) -> Result<(), FetchError> {
    match reach(address) {
        Reach::Public => Ok(()),
        Reach::Lan if granted.covers_lan => Ok(()),
        Reach::Lan => Err(not_lan(to, address)),
        Reach::Never(what) => Err(never(to, to.literal.is_none().then_some(address), what)),
    }
}

fn not_lan(to: &Destination, address: IpAddr) -> FetchError {
    let (host, port) = (&to.host, to.port);
    let is = if to.literal.is_some() { "is" } else { "resolves to" };
    let message = format!(
        "{host} {is} {address}, an address of a private network; a LAN host must be granted with its port: \
         mcpbox_request_network_access with host \"{host}\" and port {port}"
    );
    FetchError::needs(HostRule { host: host.clone(), port: Some(port), method: None }, port, message)
}

/// The error for an address that is never reached; `resolved` is it, when the host is a name.
pub(crate) fn never(to: &Destination, resolved: Option<IpAddr>, what: &str) -> FetchError {
    let is = resolved.map_or_else(|| "is".to_owned(), |address| format!("resolves to {address},"));
    let message = format!("{} {is} {what}; those are never reached, whatever is granted", to.host);
    FetchError::denied(&to.host, to.port, message)
}

fn unresolvable(to: &Destination, error: &ResolveError) -> FetchError {
    let next = match error {
        ResolveError::NoAddress => "check its spelling",
        ResolveError::Unavailable(_) => "try again later, or ask the admin to check /etc/resolv.conf",
    };
    FetchError::new(FetchErrorKind::Unresolvable, format!("{} has no address ({error}); {next}", to.host))
}
