//! See `ops_api::fuzzing::gateway`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    ops_api::fuzzing::gateway(data);
});
