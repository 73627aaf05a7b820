//! Zone 3: the supervisor. Keeps pools of pre-forked, locked-down Python processes, gives each call one of its own, and is the
//! only thing that talks to it. Holds no database, no master key and no business rules; what comes out of a jail is
//! untrusted bytes until it is checked here.

mod base;
mod call;
mod cgroup;
mod config;
mod environments;
mod error;
mod failure;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod metrics;
mod packages;
mod pool;
mod probe;
mod python;
mod remote;
mod runtime;
mod sandbox;
mod tier;
mod wire;
mod zygote;

pub use config::SandboxConfig;
pub use error::SandboxError;
pub use mcpbox_jail::{Layer, Layers};
pub use metrics::METRICS_CONTENT_TYPE;
pub use probe::LayerReport;
pub use python::{Python, find_python};
pub use remote::{WorkerDoor, WorkerState, Workers, WorkersConfig, WorkersError, serve};
pub use sandbox::Sandbox;
