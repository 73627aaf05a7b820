//! How often tools may be called: per published tool, and per client over all tools. In memory, per process.

use std::{num::NonZeroU32, time::Duration};

use mcpbox_core::failure::{Failure, FailureKind};
use mcpbox_listen::RateLimit;

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
    tools: Option<RateLimit<String>>,
    clients: Option<RateLimit<String>>,
}

impl CallLimiter {
    pub(crate) fn new(limits: RateLimits) -> Self {
        Self {
            tools: limits.per_tool.map(RateLimit::per_minute),
            clients: limits.per_client.map(RateLimit::per_minute),
        }
    }

    /// Counts one call of `client`; refuses it when there were too many.
    pub(crate) fn count_client(&self, client: &str) -> Result<(), Failure> {
        let Some(limit) = &self.clients else { return Ok(()) };
        limit.count(client.to_owned()).map_err(|wait| refusal("This client makes too many tool calls.", wait))
    }

    /// Counts one call of the published tool `name`; refuses it when there were too many.
    pub(crate) fn count_tool(&self, name: &str) -> Result<(), Failure> {
        let Some(limit) = &self.tools else { return Ok(()) };
        limit.count(name.to_owned()).map_err(|wait| refusal(&format!("{name} is called too often."), wait))
    }
}

fn refusal(message: &str, wait: Duration) -> Failure {
    let seconds = wait.as_secs_f64().ceil().max(1.0);
    Failure::new(FailureKind::RateLimited, format!("{message} Try again in {seconds} s."))
        .hint(format!("Wait {seconds} s, then repeat the call. An admin can raise the limit (MCPBOX_RATE_LIMITS)."))
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
}
