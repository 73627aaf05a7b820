//! Attempts to log in, counted together over all listeners of a process that take passwords: whoever has used up the tries at one
//! has used them up at the others.

use std::{net::IpAddr, num::NonZeroU32, sync::Arc, time::Duration};

use crate::RateLimit;

/// Whose attempts are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LoginFrom {
    /// The command line, at the socket of the data directory.
    Socket,
    /// A customer: an IPv4 address, or the first address of a /64.
    Customer(IpAddr),
    /// All who come through a tunnel or proxy that nobody named, by its address: that address may be the owner's own elsewhere, who must
    /// not be locked out by them.
    Tunnel(IpAddr),
}

/// See the module. Clones count together.
#[derive(Debug, Clone)]
pub struct LoginLimit(Option<Arc<RateLimit<LoginFrom>>>);

impl LoginLimit {
    /// So many a minute each; none is without limit.
    pub fn per_minute(most: Option<NonZeroU32>) -> Self {
        Self(most.map(|most| Arc::new(RateLimit::per_minute(most))))
    }

    /// Counts one more attempt.
    ///
    /// # Errors
    /// It was one too many: the time until the next one may come.
    pub fn count(&self, from: LoginFrom) -> Result<(), Duration> {
        self.0.as_ref().map_or(Ok(()), |limit| limit.count(from))
    }
}

impl Default for LoginLimit {
    /// Five a minute.
    fn default() -> Self {
        Self::per_minute(NonZeroU32::new(5))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_count_together_and_everybody_alone() {
        let of = |text: &str| text.parse().unwrap();
        let (admin, remote) = (LoginLimit::default(), LoginLimit::default());
        let limit = admin.clone();
        let attacker = LoginFrom::Customer(of("198.51.100.66"));
        assert!((0..3).all(|_| admin.count(attacker).is_ok()) && (0..2).all(|_| limit.count(attacker).is_ok()));
        assert!(admin.count(attacker).is_err() && limit.count(attacker).is_err() && remote.count(attacker).is_ok());
        for other in [LoginFrom::Customer(of("127.0.0.1")), LoginFrom::Tunnel(of("127.0.0.1")), LoginFrom::Socket] {
            assert!((0..5).all(|_| limit.count(other).is_ok()) && limit.count(other).is_err(), "{other:?}");
        }
        assert!((0..1_000).all(|_| LoginLimit::per_minute(None).count(attacker).is_ok()));
    }
}
