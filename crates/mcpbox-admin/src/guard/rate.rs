//! Rate limits per client address.

use std::{
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::Instant,
};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use mcpbox_core::proxies::customer;

use crate::{config::RateLimit, is_api, peer::Peer, problem::Problem, state::AdminState};

/// Counts by customer; none is the socket.
type PerAddress = mcpbox_listen::RateLimit<Option<IpAddr>>;

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
            requests: config.requests.map(PerAddress::per_minute),
            logins: config.logins.map(PerAddress::per_minute),
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
        let Some(Err(wait)) = self.logins.as_ref().map(|limit| limit.count(None)) else { return };
        *self.locked_until.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + wait);
    }
}

fn count(limit: Option<&PerAddress>, peer: Peer, what: &str) -> Result<(), Problem> {
    let Some(limit) = limit else { return Ok(()) };
    limit.count(asker(peer)).map_err(|wait| Problem::rate_limited(what, wait))
}

/// Whose requests are counted together: those of a customer, or of the socket.
fn asker(peer: Peer) -> Option<IpAddr> {
    match peer {
        Peer::Address(address) => Some(customer(address)),
        Peer::Socket => None,
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

    fn peer(text: &str) -> Peer {
        Peer::Address(text.parse().unwrap())
    }

    #[test]
    fn the_sixth_login_of_a_customer_in_a_minute_waits() {
        let limits = Limits::new(RateLimit::default());
        for number in 1..6 {
            limits.login(peer(&format!("2001:db8::{number}"))).unwrap();
        }
        assert!(limits.login(peer("2001:db8::6")).is_err());
        assert!(limits.login(peer("2001:db8:0:1::1")).is_ok() && limits.request(peer("2001:db8::6")).is_ok());
        for address in ["192.0.2.1", "::ffff:192.0.2.1"].repeat(3).into_iter().take(5) {
            limits.login(peer(address)).unwrap();
        }
        assert!(limits.login(peer("192.0.2.1")).is_err() && limits.login(Peer::Socket).is_ok());
    }
}
