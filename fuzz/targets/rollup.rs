//! A rollup's bytes: damaged, or the same again when it is written anew.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shared::rollup::Rollup;

fuzz_target!(|data: &[u8]| {
    let Ok(rollup) = Rollup::decode(data) else { return };
    let Some(encoded) = rollup.encode() else { return };
    assert!(Rollup::decode(&encoded).is_ok_and(|again| again == rollup));
});
