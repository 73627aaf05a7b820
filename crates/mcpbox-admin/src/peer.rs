//! Who is at the other end of a connection, and whether by https. Set by the accept loop, which believes the headers of the proxies that
//! the operator trusts and of nobody else.

use std::{convert::Infallible, net::IpAddr};

use axum::extract::FromRequestParts;
use http::request::Parts;

use crate::state::AdminState;

/// The other end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// A network client. Behind a proxy that is not trusted this is the proxy.
    Address(IpAddr),
    /// A process of the same user (or root), by peer credentials of the socket in the data directory.
    Socket,
}

impl<S: Send + Sync> FromRequestParts<S> for Peer {
    type Rejection = Infallible;

    /// A router that is served without the accept loop counts every client as one far-away address: least rights.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let unknown = Self::Address(IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED));
        Ok(parts.extensions.get::<Self>().copied().unwrap_or(unknown))
    }
}

/// Whether the browser reaches us by https; then cookies are for https alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Https(pub(crate) bool);

impl FromRequestParts<AdminState> for Https {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AdminState) -> Result<Self, Infallible> {
        Ok(state.https(&parts.extensions))
    }
}
