//! The catalog through its public functions, on a real SQLite database. The executor is a double: it stands where the
//! sandbox plugs in, and shows what the catalog hands to it.

#![expect(
    clippy::result_large_err,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests fail by panicking; a failure is an answer"
)]

mod access;
mod alerting;
mod asking;
mod attacks;
mod authoring;
mod backing_up;
mod bundles;
mod calling;
mod client_documents;
mod cloudflare;
mod crowds;
mod deciding;
mod decisions;
mod evidence;
mod expiring;
mod guards;
mod identity;
mod importing;
mod lan;
mod listing;
mod nobody_but_a_human;
mod notifying;
mod openapi;
mod packages;
mod permissions;
mod policy;
mod programs;
mod publishing;
mod retaining;
mod room;
mod scale;
mod sessions;
mod sources;
mod support;
mod tasks;
mod testing;
