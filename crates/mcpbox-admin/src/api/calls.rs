//! Recorded runs of tools.

pub(crate) mod count;
pub(crate) mod list;
pub(crate) mod mark_example;
pub(crate) mod series;
pub(crate) mod show;
