//! See `shared::fuzzing::rollup`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    shared::fuzzing::rollup(data);
});
