//! Grants: which capability may be used by whom.

pub(crate) mod add;
pub(crate) mod decide;
pub(crate) mod list;
