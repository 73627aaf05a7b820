//! Zone 1: the MCP endpoint. Speaks MCP in both eras over HTTP and stdio, and translates between it and the catalog.
//!
//! Must not: decide who may do what or whether a tool may run (the catalog does), reach the human side of the catalog,
//! or serve anything of the admin.

#![expect(
    clippy::result_large_err,
    reason = "a failure is what the LLM reads; one more copy of it costs nothing beside a call"
)]

mod access;
mod bridge;
mod changes;
mod config;
mod error;
mod exchange;
mod front;
mod gateway;
mod handler;
mod http;
mod limits;
mod nearest;
mod remote;
mod result;
mod serve;
mod session;
mod stdio;
mod tools;
mod toolset;

pub use bridge::{bridge, bridge_pipe};
pub use config::GatewayConfig;
pub use error::GatewayError;
pub use http::ROUTES;
pub use limits::RateLimits;
pub use remote::{REMOTE_ROUTES, Rates, Remote};
pub use serve::{routes, serve};
pub use stdio::{serve_pipe, serve_stdio};
