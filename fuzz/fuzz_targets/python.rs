//! See `mcpbox_analysis::fuzzing::python`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| mcpbox_analysis::fuzzing::python(data));
