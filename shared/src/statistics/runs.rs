//! Counts by ascending number, compactly: what sketches and minutes are stored as.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Counts above zero as runs of neighbouring numbers: each with the distance from the end of the run
/// before it. One byte for a small count, where neighbours have one too.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Runs(Vec<(u64, Vec<u64>)>);

impl From<&BTreeMap<u64, u64>> for Runs {
    fn from(counts: &BTreeMap<u64, u64>) -> Self {
        let mut runs: Vec<(u64, Vec<u64>)> = Vec::new();
        let mut next = 0;
        for (number, count) in counts {
            match runs.last_mut().filter(|_| *number == next) {
                Some((_, run)) => run.push(*count),
                None => runs.push((number - next, vec![*count])),
            }
            next = number + 1;
        }
        Self(runs)
    }
}

impl Runs {
    /// All counts together.
    pub fn total(&self) -> u128 {
        self.0.iter().flat_map(|(_, run)| run).map(|count| u128::from(*count)).sum()
    }

    /// The counts by number; `None` where the numbers run past what can be counted.
    pub fn counts(&self) -> Option<BTreeMap<u64, u64>> {
        let mut counts = BTreeMap::new();
        let mut next: u64 = 0;
        for (distance, run) in &self.0 {
            next = next.checked_add(*distance)?;
            for count in run {
                counts.insert(next, *count);
                next = next.checked_add(1)?;
            }
        }
        Some(counts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_come_back() {
        for numbers in [&[][..], &[0], &[5, 6, 7], &[0, 1, 9, 1_000_000, 1_000_001]] {
            let counts: BTreeMap<u64, u64> = numbers.iter().map(|n| (*n, n + 1)).collect();
            let runs = Runs::from(&counts);
            assert_eq!(runs.total(), counts.values().map(|count| u128::from(*count)).sum());
            assert_eq!(runs.counts(), Some(counts));
        }
        assert_eq!(Runs(vec![(u64::MAX, vec![1, 1])]).counts(), None);
    }
}
