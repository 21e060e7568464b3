//! See `ops_api::fuzzing::log_entry`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    ops_api::fuzzing::log_entry(data);
});
