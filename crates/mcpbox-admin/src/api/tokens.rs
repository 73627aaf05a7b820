//! Personal access tokens, for MCP clients that send a header.

pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod revoke;
