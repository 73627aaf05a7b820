//! The first admin account.

pub(crate) mod complete;
pub(crate) mod sample;
pub(crate) mod show;
