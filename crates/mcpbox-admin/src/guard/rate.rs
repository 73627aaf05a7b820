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
use mcpbox_listen::{LoginFrom, LoginLimit};

use crate::{config::RateLimit, is_api, peer::Peer, problem::Problem, state::AdminState};

/// Counts by customer.
type PerAddress = mcpbox_listen::RateLimit<IpAddr>;

/// The limits of one listener.
pub(crate) struct Limits {
    requests: Option<PerAddress>,
    logins: LoginLimit,
    /// Until when the socket takes no password, after too many wrong ones.
    locked_until: Mutex<Option<Instant>>,
}

impl Limits {
    /// Limits as configured.
    pub(crate) fn new(config: RateLimit) -> Self {
        Self {
            requests: config.requests.map(PerAddress::per_minute),
            logins: config.logins,
            locked_until: Mutex::default(),
        }
    }

    /// Counts a request under `/api`.
    fn request(&self, from: IpAddr) -> Result<(), Problem> {
        let Some(limit) = &self.requests else { return Ok(()) };
        limit.count(customer(from)).map_err(|wait| Problem::rate_limited("requests", wait))
    }

    /// Counts an attempt to log in or set up.
    ///
    /// # Errors
    /// A problem that says when to try again.
    pub(crate) fn login(&self, peer: Peer) -> Result<(), Problem> {
        self.logins.count(asker(peer)).map_err(|wait| Problem::rate_limited("attempts to log in", wait))
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
        let Err(wait) = self.logins.count(LoginFrom::Socket) else { return };
        *self.locked_until.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + wait);
    }
}

/// Whose attempts are counted together: those of a customer, or of the socket.
fn asker(peer: Peer) -> LoginFrom {
    match peer {
        Peer::Address(address) => LoginFrom::Customer(customer(address)),
        Peer::Socket => LoginFrom::Socket,
    }
}

/// Counts what goes to the API. The socket belongs to the user MCPbox runs as and is not limited here.
pub(crate) async fn check(State(state): State<AdminState>, peer: Peer, req: Request, next: Next) -> Response {
    let counted = match peer {
        Peer::Address(address) if is_api(req.uri().path()) => state.limits.request(address),
        _ => Ok(()),
    };
    match counted {
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
        assert!(
            limits.login(peer("2001:db8:0:1::1")).is_ok() && limits.request("2001:db8::6".parse().unwrap()).is_ok()
        );
        for address in ["192.0.2.1", "::ffff:192.0.2.1"].repeat(3).into_iter().take(5) {
            limits.login(peer(address)).unwrap();
        }
        assert!(limits.login(peer("192.0.2.1")).is_err() && limits.login(Peer::Socket).is_ok());
    }
}
