//! The gateway through its public door: real HTTP and pipes, a real catalog on SQLite. Only Python itself is a double
//! (`support::double`); the real jail is part of the binary's story test.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::result_large_err,
    reason = "helpers of tests fail by panicking"
)]

mod architecture;
mod bad_input;
mod bundles;
mod cancelling;
mod changes;
mod connecting;
mod eras;
mod guard;
mod lists;
mod management;
mod offers;
mod paging;
mod refusals;
mod remote;
mod replay;
mod scripts;
mod shutdown;
mod support;
mod tasks;
