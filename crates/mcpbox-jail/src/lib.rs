//! The door of zone 4: everything that turns a fresh process into a jail, and nothing else. The supervisor starts its own
//! program again as `<program> __jail <spec>` (or, for somebody else's program, `<program> __jail-program`: [`main_program`]);
//! [`main_jail`] must be called there before any thread exists. It sets up
//! namespaces, a root of its own, the Landlock ruleset and the seccomp program, and becomes the Python zygote.
//!
//! The only crate with `unsafe`. No async runtime, no network, no configuration of its own: the spec says it all. Every
//! step fails closed, and every step says which attack it stops.

mod bpf;
mod entry;
mod error;
mod identity;
mod layers;
mod program;
mod proxy;
mod root;
mod ruleset;
mod seccomp;
mod spec;

pub use entry::{JAIL_ARGUMENT, main_jail};
pub use error::{JailError, Layer};
pub use identity::program_owner;
pub use layers::Layers;
pub use program::{PRIVATE_TARGET, PROGRAM_ARGUMENT, ProgramLimits, ProgramSpec, View, main_program};
pub use proxy::{PROXY_MESSAGE, PROXY_PORT};
pub use ruleset::{MINIMUM_ABI, landlock_abi};
pub use spec::{CallLimits, JailSpec, Mount};
