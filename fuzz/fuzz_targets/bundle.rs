//! See `mcpbox_core::fuzzing::bundle`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| mcpbox_core::fuzzing::bundle(data));
