//! The audit chain.

pub(crate) mod list;
pub(crate) mod verify;
