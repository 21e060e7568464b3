//! See `ops_api::fuzzing::query`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    ops_api::fuzzing::query(data);
});
