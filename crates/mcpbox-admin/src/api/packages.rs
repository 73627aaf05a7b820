//! Packages: the environments that published tools run in.

pub(crate) mod install;
pub(crate) mod list;
