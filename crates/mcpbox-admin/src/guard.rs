//! What every request passes before a handler sees it, outermost first: request id and panic guard, security headers,
//! host allow-list, rate limit, same-origin check. Each refuses by itself; none trusts that another has run.

pub(crate) mod headers;
pub(crate) mod host;
pub(crate) mod origin;
pub(crate) mod rate;
pub(crate) mod request;
