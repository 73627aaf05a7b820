//! How often strangers may ask: per address (IPv6 by its /64), and per client. Passwords are counted for all listeners together.

use std::{net::IpAddr, num::NonZeroU32, time::Duration};

use mcpbox_core::proxies::customer;
use mcpbox_listen::RateLimit;

/// How often strangers may ask; none is without limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rates {
    /// Registrations an hour, of one address.
    pub registrations: Option<NonZeroU32>,
    /// Requests for tokens a minute, of one client at one address.
    pub tokens: Option<NonZeroU32>,
    /// Logins that begin a minute, of one address.
    pub requests: Option<NonZeroU32>,
    /// Looks of waiting pages a minute, of one address.
    pub looks: Option<NonZeroU32>,
}

impl Default for Rates {
    fn default() -> Self {
        let [registrations, tokens, requests, looks] = [5, 60, 20, 120].map(NonZeroU32::new);
        Self { registrations, tokens, requests, looks }
    }
}

impl Rates {
    /// Without limits, for benchmarks.
    pub fn off() -> Self {
        Self { registrations: None, tokens: None, requests: None, looks: None }
    }
}

/// Counts against [`Rates`].
pub(crate) struct StrangerLimits {
    registrations: Option<RateLimit<IpAddr>>,
    tokens: Option<RateLimit<(IpAddr, String)>>,
    requests: Option<RateLimit<IpAddr>>,
    looks: Option<RateLimit<IpAddr>>,
}

impl StrangerLimits {
    pub(crate) fn new(rates: Rates) -> Self {
        Self {
            registrations: rates.registrations.map(RateLimit::per_hour),
            tokens: rates.tokens.map(RateLimit::per_minute),
            requests: rates.requests.map(RateLimit::per_minute),
            looks: rates.looks.map(RateLimit::per_minute),
        }
    }

    /// Counts a registration.
    pub(super) fn register(&self, from: IpAddr) -> Result<(), Duration> {
        count(self.registrations.as_ref(), customer(from))
    }

    /// Counts a login that begins.
    pub(super) fn authorize(&self, from: IpAddr) -> Result<(), Duration> {
        count(self.requests.as_ref(), customer(from))
    }

    /// Counts a page that looks again.
    pub(super) fn poll(&self, from: IpAddr) -> Result<(), Duration> {
        count(self.looks.as_ref(), customer(from))
    }

    /// Counts a request for tokens. Clients of many humans come from one address of a cloud, so the client counts too.
    pub(super) fn token(&self, from: IpAddr, client_id: &str) -> Result<(), Duration> {
        count(self.tokens.as_ref(), (customer(from), client_id.chars().take(200).collect()))
    }
}

fn count<K: std::hash::Hash + Eq>(limit: Option<&RateLimit<K>>, asker: K) -> Result<(), Duration> {
    limit.map_or(Ok(()), |limit| limit.count(asker))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks_too_often_waits_alone() {
        let limits = StrangerLimits::new(Rates::default());
        let [attacker, neighbour, owner] =
            ["2001:db8::1", "2001:db8::2", "198.51.100.7"].map(|text| text.parse().unwrap());
        assert!((0..20).all(|_| limits.authorize(attacker).is_ok()));
        assert!(limits.authorize(attacker).is_err() && limits.authorize(neighbour).is_err());
        assert!(limits.authorize(owner).is_ok());
        let off = StrangerLimits::new(Rates::off());
        assert!((0..1_000).all(|_| off.authorize(attacker).is_ok()));
    }
}
