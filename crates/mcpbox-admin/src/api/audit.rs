//! The audit chain.

pub(crate) mod decisions;
pub(crate) mod list;
pub(crate) mod verify;
