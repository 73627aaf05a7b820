//! Backups in the data directory. The master key is in none of them: that takes the command line.

pub(crate) mod create;
pub(crate) mod download;
pub(crate) mod list;
