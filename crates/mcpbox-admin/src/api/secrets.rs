//! Secrets of a server. Values go in and never come out.

pub(crate) mod change;
pub(crate) mod clear_value;
pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod list;
pub(crate) mod list_all;
pub(crate) mod set_value;
