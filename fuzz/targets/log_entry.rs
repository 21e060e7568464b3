//! The JSON of an outcome: an entry that can be put, or the member that is wrong.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| ops_api::fuzzing::log_entry(data));
