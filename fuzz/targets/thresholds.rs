//! Thresholds that somebody set, a JSON object: in force as they are, or refused by name.
#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use shared::config::Vars;
use shared::health::Thresholds;

fuzz_target!(|data: &[u8]| {
    let Ok(set) = serde_json::from_slice::<BTreeMap<String, f64>>(data) else { return };
    let Ok(default) = Thresholds::from_vars(&Vars::new(&|_| None)) else { return };
    match default.with(set.iter().map(|(name, value)| (name.as_str(), *value))) {
        Ok(in_force) => {
            let in_force = serde_json::to_value(in_force.values()).unwrap();
            for (name, value) in set {
                assert_eq!(in_force[&name].as_f64(), Some(value), "{name}");
            }
        }
        Err(bad) => assert!(!bad.expected.is_empty()),
    }
});
