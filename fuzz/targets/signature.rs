//! See `webhook_receiver::fuzzing::signature`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    webhook_receiver::fuzzing::signature(data);
});
