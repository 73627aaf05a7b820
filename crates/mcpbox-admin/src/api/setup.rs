//! The first admin account.

pub(crate) mod complete;
pub(crate) mod show;
