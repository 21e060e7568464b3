//! See `webhook_receiver::fuzzing::envelope`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    webhook_receiver::fuzzing::envelope(data);
});
