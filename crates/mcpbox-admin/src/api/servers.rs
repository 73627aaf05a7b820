//! Servers: named groups of tools.

pub(crate) mod change;
pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod list;
pub(crate) mod list_tools;
pub(crate) mod show;
pub(crate) mod start;
pub(crate) mod stop;
