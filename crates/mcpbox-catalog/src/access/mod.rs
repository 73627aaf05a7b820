//! Who a remote client is: from the token that it shows to the principal that it acts as.
//!
//! Must not: decide what a principal may do (its scopes do), or let a token be seen again once it was made.

pub mod pat;

pub(crate) use pat::{Tokens, Uses};
