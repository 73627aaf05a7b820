//! Names to addresses, by ourselves: the answer is checked and pinned, and nobody resolves the name again.

use std::net::IpAddr;

use mcpbox_core::execute::BoxFuture;

mod system;

pub(crate) use system::SystemResolver;

/// Turns a name into addresses.
pub trait Resolve: Send + Sync + 'static {
    /// All addresses of `host` (lower case, punycode, no trailing dot, never an IP literal).
    fn resolve<'a>(&'a self, host: &'a str) -> BoxFuture<'a, Result<Vec<IpAddr>, ResolveError>>;
}

/// Why a name has no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// The name does not exist or has no address.
    #[error("the name does not exist")]
    NoAddress,
    /// No name server answered properly.
    #[error("no name server gave an answer: {0}")]
    Unavailable(String),
}
