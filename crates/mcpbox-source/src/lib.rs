//! The client side of other MCP servers: [`Sources`] keeps one connection to each, lists and calls their tools. All of it goes
//! through egress, but for programs in the jail, which the sandbox starts and this speaks to. Must not: decide which source may be
//! reached (the catalog does), know the store, or keep a secret longer than a connection.

#![expect(
    clippy::result_large_err,
    reason = "a failure is an answer; it is made on cold paths and moved once or twice"
)]

mod answer;
mod connection;
mod end;
mod errors;
mod handler;
mod handshake;
mod http;
mod http_sse;
mod login;
mod pace;
mod pool;
mod post;
mod reason;
mod refusals;
mod reply;
mod running;
mod slot;
mod sse;
mod stdio;
mod way;

pub use pool::Sources;
