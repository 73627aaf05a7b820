//! Accounts of humans.

pub(crate) mod change;
pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod invite;
pub(crate) mod list;
pub(crate) mod remove_factors;
