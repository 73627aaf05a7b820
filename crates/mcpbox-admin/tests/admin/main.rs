//! The admin side through its own doors: real HTTP on a loopback listener and on the unix socket, a real catalog on
//! SQLite. Only the executor is a double: what runs code is tested elsewhere.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, also in its helpers"
)]

mod access;
mod bad_input;
mod document;
mod events;
mod evidence;
mod lists;
mod login;
mod monitor;
mod notifications;
mod openapi;
mod page;
mod people;
mod proxies;
mod reviews;
mod roles;
mod secrets;
mod setup;
mod socket;
mod sources;
mod support;
mod tokens;
