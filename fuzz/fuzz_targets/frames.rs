//! See `mcpbox_sandbox::fuzzing::frames`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| mcpbox_sandbox::fuzzing::frames(data));
