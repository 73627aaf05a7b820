//! Tools run by other processes or machines. A worker ([`serve`]) is a sandbox behind an HTTP door with a key; [`Workers`] is the
//! [`mcpbox_core::execute::Executor`] that hands calls to one or many of them.
//!
//! A call goes to exactly one worker: it is given to another only when it certainly never reached the first. Whoever hangs up
//! ends the run.

mod client;
mod server;
mod wire;

#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use wire::read_anything;

pub use client::{WorkerState, Workers, WorkersConfig, WorkersError};
pub use server::{WorkerDoor, serve};
