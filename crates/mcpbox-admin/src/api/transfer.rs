//! Servers and tools as a file.

pub(crate) mod export;
pub(crate) mod import;
