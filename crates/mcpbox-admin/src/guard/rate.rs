//! Rate limits per client address. The maps are bounded: when too many addresses are remembered, new ones share a
//! bucket, so that a flood from many addresses costs memory once.

use std::{
    net::IpAddr,
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use governor::{
    DefaultKeyedRateLimiter, Quota,
    clock::{Clock, DefaultClock},
};

use crate::{config::RateLimit, is_api, peer::Peer, problem::Problem, state::AdminState};

/// Addresses remembered at most, per limit.
const ADDRESSES_MAX: usize = 10_000;
/// Time between two sweeps of a full map.
const SWEEP_PAUSE: Duration = Duration::from_secs(5);

/// The limits of one listener.
pub(crate) struct Limits {
    requests: Option<PerAddress>,
    logins: Option<PerAddress>,
    /// Until when the socket takes no password, after too many wrong ones.
    locked_until: Mutex<Option<Instant>>,
}

impl Limits {
    /// Limits as configured.
    pub(crate) fn new(config: RateLimit) -> Self {
        Self {
            requests: config.requests.map(PerAddress::new),
            logins: config.logins.map(PerAddress::new),
            locked_until: Mutex::default(),
        }
    }

    /// Counts a request under `/api`.
    fn request(&self, peer: Peer) -> Result<(), Problem> {
        count(self.requests.as_ref(), peer, "requests")
    }

    /// Counts an attempt to log in or set up.
    ///
    /// # Errors
    /// A problem that says when to try again.
    pub(crate) fn login(&self, peer: Peer) -> Result<(), Problem> {
        count(self.logins.as_ref(), peer, "attempts to log in")
    }

    /// Whether the socket takes a password now. Right ones are not counted: a script may decide many reviews.
    ///
    /// # Errors
    /// A problem that says when to try again.
    pub(crate) fn may_try_password(&self) -> Result<(), Problem> {
        let until = *self.locked_until.lock().unwrap_or_else(PoisonError::into_inner);
        match until.map(|end| end.saturating_duration_since(Instant::now())) {
            Some(wait) if !wait.is_zero() => Err(Problem::rate_limited("wrong passwords", wait)),
            _ => Ok(()),
        }
    }

    /// Counts a wrong password at the socket.
    pub(crate) fn wrong_password(&self) {
        let Some(Err(wait)) = self.logins.as_ref().map(|limit| limit.count(Bucket::Socket)) else { return };
        *self.locked_until.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + wait);
    }
}

fn count(limit: Option<&PerAddress>, peer: Peer, what: &str) -> Result<(), Problem> {
    let Some(limit) = limit else { return Ok(()) };
    limit.count(Bucket::of(peer)).map_err(|wait| Problem::rate_limited(what, wait))
}

/// Whose requests are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Bucket {
    V4([u8; 4]),
    /// The /64: one customer owns all of its addresses.
    V6([u8; 8]),
    Socket,
    /// All that came when the map was full.
    Overflow,
}

impl Bucket {
    fn of(peer: Peer) -> Self {
        match peer {
            Peer::Socket => Self::Socket,
            Peer::Address(ip) => match ip.to_canonical() {
                IpAddr::V4(ip) => Self::V4(ip.octets()),
                IpAddr::V6(ip) => {
                    let [a, b, c, d, e, f, g, h, ..] = ip.octets();
                    Self::V6([a, b, c, d, e, f, g, h])
                }
            },
        }
    }
}

struct PerAddress {
    limiter: DefaultKeyedRateLimiter<Bucket>,
    /// When the map was last full and rid of addresses that may ask at full rate again.
    swept_at: Mutex<Option<Instant>>,
}

impl PerAddress {
    fn new(per_minute: NonZeroU32) -> Self {
        Self { limiter: DefaultKeyedRateLimiter::keyed(Quota::per_minute(per_minute)), swept_at: Mutex::default() }
    }

    fn count(&self, bucket: Bucket) -> Result<(), Duration> {
        let bucket = if self.is_full() { Bucket::Overflow } else { bucket };
        self.limiter.check_key(&bucket).map_err(|not_until| not_until.wait_time_from(DefaultClock::default().now()))
    }

    /// Whether the map takes no further address. Sweeping walks the whole map, so a flood pays for it once a while.
    fn is_full(&self) -> bool {
        if self.limiter.len() < ADDRESSES_MAX {
            return false;
        }
        let mut swept_at = self.swept_at.lock().unwrap_or_else(PoisonError::into_inner);
        if swept_at.is_none_or(|last| last.elapsed() > SWEEP_PAUSE) {
            self.limiter.retain_recent();
            *swept_at = Some(Instant::now());
        }
        self.limiter.len() >= ADDRESSES_MAX
    }
}

/// Counts what goes to the API. The socket belongs to the user MCPbox runs as and is not limited here.
pub(crate) async fn check(State(state): State<AdminState>, peer: Peer, req: Request, next: Next) -> Response {
    let counts = is_api(req.uri().path()) && matches!(peer, Peer::Address(_));
    match if counts { state.limits.request(peer) } else { Ok(()) } {
        Ok(()) => next.run(req).await,
        Err(problem) => problem.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_counted_by_customer_and_the_map_stays_bounded() {
        let bucket = |text: &str| Bucket::of(Peer::Address(text.parse().unwrap()));
        assert_eq!(bucket("::ffff:192.0.2.1"), bucket("192.0.2.1"));
        assert_eq!(bucket("2001:db8::1"), bucket("2001:db8::ffff"));
        assert_ne!(bucket("2001:db8::1"), bucket("2001:db8:0:1::1"));

        let limit = PerAddress::new(NonZeroU32::new(5).unwrap());
        for number in 0..20_000_u32 {
            let _ = limit.count(Bucket::V4(number.to_be_bytes()));
        }
        assert!(limit.limiter.len() <= ADDRESSES_MAX + 1);
        assert!(limit.count(Bucket::V4([255; 4])).is_err(), "newcomers share one bucket once the map is full");
    }

    #[test]
    fn the_sixth_login_in_a_minute_waits() {
        let limits = Limits::new(RateLimit::default());
        let peer = Peer::Address("192.0.2.1".parse().unwrap());
        for _ in 0..5 {
            limits.login(peer).unwrap();
        }
        assert!(limits.login(peer).is_err());
        assert!(limits.login(Peer::Address("192.0.2.2".parse().unwrap())).is_ok());
        assert!(limits.request(peer).is_ok());
    }
}
