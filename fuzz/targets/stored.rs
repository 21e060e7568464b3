//! An item of the table, as JSON: it is read, or it is damaged.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| shared::store::fuzzing::item(data));
