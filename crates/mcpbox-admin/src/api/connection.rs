//! How MCP clients connect, which did, and whether those elsewhere could.

pub(crate) mod check;
pub(crate) mod show;
