//! See `config::fuzzing::settings` of the binary, which is no library.
#![no_main]
#![allow(dead_code, unused_imports)]

#[path = "../../crates/mcpbox/src/config/mod.rs"]
mod config;

libfuzzer_sys::fuzz_target!(|data: &[u8]| config::settings(data));
