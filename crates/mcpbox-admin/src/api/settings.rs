//! Settings of the whole box.

pub(crate) mod replace;
pub(crate) mod show;
