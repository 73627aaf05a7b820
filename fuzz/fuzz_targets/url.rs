//! See `mcpbox_egress::fuzzing::url`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| mcpbox_egress::fuzzing::url(data));
