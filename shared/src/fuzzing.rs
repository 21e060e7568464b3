//! What fuzz targets call: what must hold of whatever bytes come. Each tells whether they were understood.

use std::collections::BTreeMap;

use crate::config::Vars;
use crate::health::Thresholds;
use crate::rollup::Rollup;

/// An item of the table, as JSON: it is read, or it is damaged.
pub fn stored(data: &[u8]) -> bool {
    crate::store::fuzzing::read(data)
}

/// A rollup's bytes, or what they hold before they are compressed: damaged, or the same again when it is
/// written anew, and fit to be merged with others.
pub fn rollup(data: &[u8]) -> bool {
    // A checksum would keep nearly everything that is tried from what stands behind it.
    let framed = zstd::bulk::compress(data, 1).map(|frame| [&[1], frame.as_slice()].concat());
    [Some(data), framed.as_deref().ok()].into_iter().flatten().any(is_rollup)
}

fn is_rollup(bytes: &[u8]) -> bool {
    let Ok(rollup) = Rollup::decode(bytes) else { return false };
    let again = rollup.encode().map(|encoded| Rollup::decode(&encoded));
    assert!(again.is_none_or(|again| again == Ok(rollup.clone())));
    let mut both = rollup.clone();
    both.merge(&rollup);
    assert!(both.entries() >= rollup.entries());
    true
}

/// Thresholds that somebody set, a JSON object: in force as they are, or refused by name.
pub fn thresholds(data: &[u8]) -> bool {
    let Ok(set) = serde_json::from_slice::<BTreeMap<String, f64>>(data) else { return false };
    let Ok(default) = Thresholds::from_vars(&Vars::new(&|_| None)) else { return false };
    match default.with(set.iter().map(|(name, value)| (name.as_str(), *value))) {
        Ok(in_force) => {
            let in_force = serde_json::to_value(in_force.values()).unwrap_or_default();
            for (name, value) in set {
                assert_eq!(in_force.get(&name).and_then(|v| v.as_f64()), Some(value), "{name}");
            }
            true
        }
        Err(bad) => {
            assert!(!bad.expected.is_empty());
            false
        }
    }
}

#[cfg(test)]
#[path = "../../fuzz/replay.rs"]
mod replay;

#[cfg(test)]
mod tests {
    use super::replay::replay;

    #[test]
    fn stored_items() {
        replay(&["fuzz/seeds/stored"], super::stored);
    }

    #[test]
    fn rollups() {
        replay(&["fuzz/seeds/rollup"], super::rollup);
    }

    #[test]
    fn threshold_settings() {
        replay(&["fuzz/seeds/thresholds"], super::thresholds);
    }
}
