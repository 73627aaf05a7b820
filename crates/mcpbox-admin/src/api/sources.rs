//! External sources: other MCP servers whose tools are imported. What may be reached is decided under grants.

pub(crate) mod add;
pub(crate) mod delete;
pub(crate) mod discover;
pub(crate) mod import;
pub(crate) mod list;
pub(crate) mod login;
