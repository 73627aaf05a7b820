//! How often tools may be called: per published tool, and per client over all tools. In memory, per process; the maps
//! hold only keys that exist (tools) or that were seen lately (clients).

use std::{
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    time::Duration,
};

use governor::{
    DefaultKeyedRateLimiter, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
};
use mcpbox_core::failure::{Failure, FailureKind};

/// Clients remembered before idle ones are forgotten.
const CLIENTS_SWEEP: usize = 4096;

/// How often tools may be called. None means without limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimits {
    /// Calls of one published tool in a minute.
    pub per_tool: Option<NonZeroU32>,
    /// Tool calls of one client (address or account) in a minute, management tools included.
    pub per_client: Option<NonZeroU32>,
}

impl Default for RateLimits {
    fn default() -> Self {
        Self { per_tool: NonZeroU32::new(60), per_client: NonZeroU32::new(600) }
    }
}

impl RateLimits {
    /// Without limits, for benchmarks.
    pub fn off() -> Self {
        Self { per_tool: None, per_client: None }
    }
}

/// Counts calls against [`RateLimits`].
pub(crate) struct CallLimiter {
    tools: Option<DefaultKeyedRateLimiter<String>>,
    clients: Option<DefaultKeyedRateLimiter<String>>,
    clock: DefaultClock,
}

impl CallLimiter {
    pub(crate) fn new(limits: RateLimits) -> Self {
        let keyed = |limit: Option<NonZeroU32>| limit.map(|limit| RateLimiter::keyed(Quota::per_minute(limit)));
        Self { tools: keyed(limits.per_tool), clients: keyed(limits.per_client), clock: DefaultClock::default() }
    }

    /// Counts one call of `client`; refuses it when there were too many.
    pub(crate) fn count_client(&self, client: &str) -> Result<(), Failure> {
        let Some(limiter) = &self.clients else { return Ok(()) };
        if limiter.len() > CLIENTS_SWEEP {
            limiter.retain_recent();
        }
        limiter.check_key(&client.to_owned()).map_err(|not_until| {
            refusal("This client makes too many tool calls.", not_until.wait_time_from(self.clock.now()))
        })
    }

    /// Counts one call of the published tool `name`; refuses it when there were too many.
    pub(crate) fn count_tool(&self, name: &str) -> Result<(), Failure> {
        let Some(limiter) = &self.tools else { return Ok(()) };
        limiter.check_key(&name.to_owned()).map_err(|not_until| {
            let message = format!("{name} is called too often.");
            refusal(&message, not_until.wait_time_from(self.clock.now()))
        })
    }
}

fn refusal(message: &str, wait: Duration) -> Failure {
    let seconds = wait.as_secs_f64().ceil().max(1.0);
    Failure::new(FailureKind::RateLimited, format!("{message} Try again in {seconds} s."))
        .hint(format!("Wait {seconds} s, then repeat the call. An admin can raise the limit (MCPBOX_RATE_LIMIT)."))
}

/// The key under which an address is counted: IPv4 (also when mapped into IPv6) alone, IPv6 by its /64.
pub(crate) fn address_key(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => Ipv6Addr::from(u128::from(v6) & !u128::from(u64::MAX)).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_call_after_the_quota_is_refused_with_seconds_to_wait() {
        let limiter = CallLimiter::new(RateLimits { per_tool: NonZeroU32::new(2), per_client: NonZeroU32::new(3) });
        assert!(limiter.count_tool("a__b").is_ok());
        assert!(limiter.count_tool("a__b").is_ok());
        let refusal = limiter.count_tool("a__b").unwrap_err();
        assert_eq!(refusal.kind, FailureKind::RateLimited);
        assert!(
            refusal.message.contains("Try again in 30 s") || refusal.message.contains("Try again in 29 s"),
            "{}",
            refusal.message
        );
        assert!(limiter.count_tool("a__c").is_ok());
        assert!((0..3).all(|_| limiter.count_client("1.2.3.4").is_ok()));
        assert!(limiter.count_client("1.2.3.4").is_err());
        assert!(limiter.count_client("1.2.3.5").is_ok());
    }

    #[test]
    fn without_limits_nothing_is_refused() {
        let limiter = CallLimiter::new(RateLimits::off());
        assert!((0..1000).all(|_| limiter.count_tool("a__b").is_ok() && limiter.count_client("x").is_ok()));
    }

    #[test]
    fn addresses_of_one_client_share_a_key() {
        let key = |text: &str| address_key(text.parse().unwrap());
        assert_eq!(key("::ffff:10.0.0.1"), key("10.0.0.1"));
        assert_eq!(key("2001:db8:1:2::1"), key("2001:db8:1:2:ffff::9"));
        assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
    }
}
