//! Tools and their versions.

pub(crate) mod call;
pub(crate) mod change;
pub(crate) mod compare_versions;
pub(crate) mod delete;
pub(crate) mod list;
pub(crate) mod list_versions;
pub(crate) mod search;
pub(crate) mod show;
pub(crate) mod show_version;
pub(crate) mod status;
pub(crate) mod test;
