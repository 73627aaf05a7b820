//! The broker through its public door, against real servers in network namespaces.
#![cfg(test)]

mod framing;
mod mocks;
mod names;
mod network;
mod redirects;
mod secrets;
mod support;
mod tls;
mod verdicts;
