//! The front of every listener: accepts connections, bounds how many, how slow and how large they may be, names requests, counts.
//! A full house lets go of whoever waited longest without asking anything, so that idle and slow clients never keep others out.
//!
//! Must not: know what is served, who may ask, or anything of the database.

mod answer;
mod body;
mod client;
mod house;
mod limits;
mod logins;
mod meter;
mod rate;
mod request;
mod rest;
mod serve;

pub use body::{Body, BodyError, Sent};
pub use client::{Client, HSTS, sign_of_proxy};
pub use limits::{Limits, raise_open_files};
pub use logins::{LoginFrom, LoginLimit};
pub use meter::metrics;
pub use rate::RateLimit;
pub use request::{LOG, RequestName, pass_trace, trace_with};
pub use serve::{Admission, Ending, Front, serve, serve_tcp};
