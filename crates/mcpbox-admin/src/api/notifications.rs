//! Where humans are told that something waits. Addresses and keys go in and never come out.

pub(crate) mod change;
pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod list;
pub(crate) mod test;
