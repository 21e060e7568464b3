//! A query string of the operations API: parameters, filters, ranges and cursors are values or errors.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &str| ops_api::fuzzing::query(data));
