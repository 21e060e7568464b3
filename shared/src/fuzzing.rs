//! What fuzz targets call: what must hold of whatever bytes come. Each tells whether they were understood.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::config::Vars;
use crate::health::{ErrorSeen, Finding, Issue, Memory, Step, Thresholds, TypeSeen, step};
use crate::rollup::Rollup;
use crate::statistics::{Baseline, HourlyCounts};

/// An item of the table, as JSON: it is read, or it is damaged. The same of the text of a document.
pub fn stored(data: &[u8]) -> bool {
    crate::store::fuzzing::read(data) | is_document(data)
}

/// Whatever the last run or a hand has left, the next one goes on from it.
fn is_document(text: &[u8]) -> bool {
    let at = Timestamp::from_second(1_700_000_000).unwrap_or(Timestamp::UNIX_EPOCH);
    let run = Step { at, interval: SignedDuration::from_mins(5) };
    let issue = serde_json::from_slice::<Issue>(text).ok();
    if let Some(issue) = &issue {
        for finding in [None, Some(&Finding::of_outage(at))] {
            let next = step(Some(issue), finding, run).map_or(issue.clone(), |change| change.issue);
            assert!(next.retries_end_at().is_none_or(|end| end >= next.since));
            assert!(!next.description().is_empty() && !next.fingerprint().is_empty());
        }
    }
    if let Ok(mut memory) = serde_json::from_slice::<Memory>(text) {
        memory.forget_what_is_to_come(at);
        memory.saw_type("charge.failed", TypeSeen::default());
        memory.saw_error("no row", ErrorSeen { first: 0, last: 0 });
    }
    let hour = at.as_second() / 3_600;
    let counts = serde_json::from_slice::<HourlyCounts>(text).ok();
    if let Some(mut counts) = counts.filter(|counts| counts.end_by(hour)) {
        counts.set(hour, 1);
        assert!(counts.get(hour) == Some(1) && counts.total_since(hour - 168) > 0);
        drop(Baseline::of(&counts, hour));
    }
    issue.is_some()
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
