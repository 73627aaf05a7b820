//! Secrets of one call: placeholders in, values out (towards bound hosts only), and values out of everything that
//! comes back. A value is never logged and never part of an error.

mod echo;
mod fill;
mod scrub;
mod stream;
#[cfg(test)]
mod tests;
mod vault;

pub(crate) use fill::Filler;
pub(crate) use scrub::Scrubber;
pub(crate) use stream::StreamScrubber;
pub(crate) use vault::{Place, Vault};
