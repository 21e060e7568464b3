//! Percentiles of durations that can be merged: a DDSketch.
//!
//! Masson, Rim, Lee: "DDSketch: A Fast and Fully-Mergeable Quantile Sketch with Relative-Error
//! Guarantees", PVLDB 12(12), 2019. A value falls into the bin of its logarithm, so a bin's middle is
//! within a fixed share of every value in it. Bins are never joined and counts are whole numbers:
//! merging in any order gives the same sketch.

use serde::{Deserialize, Serialize};

use super::Counts;

/// Bins for each doubling. A bin's bounds are 2^(1/35) apart, its middle within 0.99 % of both.
const BINS_PER_DOUBLING: f64 = 35.0;

/// How often durations of about which length occurred.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Sketch {
    zeros: u64,
    bins: Counts,
}

impl Sketch {
    /// Counts one duration, in microseconds.
    pub fn add(&mut self, micros: u64) {
        match bin(micros) {
            None => self.zeros += 1,
            Some(bin) => self.bins.add(bin, 1),
        }
    }

    /// Adds what another sketch counted.
    pub fn merge(&mut self, other: &Self) {
        self.zeros += other.zeros;
        self.bins.merge(&other.bins);
    }

    /// Durations counted.
    pub fn count(&self) -> u64 {
        self.zeros + self.bins.iter().map(|(_, count)| count).sum::<u64>()
    }

    /// The same, of a sketch whose counts may be too large for [`count`](Self::count).
    pub fn total(&self) -> u128 {
        let bins = self.bins.iter().map(|(_, count)| u128::from(count));
        u128::from(self.zeros) + bins.sum::<u128>()
    }

    /// Whether every bin is one that a duration falls into. What is read may claim others, whose middle is no
    /// number.
    pub fn is_of_durations(&self) -> bool {
        self.bins.iter().next_back().map(|(last, _)| last) <= bin(u64::MAX)
    }

    /// Bins that hold something.
    pub fn bins(&self) -> usize {
        self.bins.len()
    }

    /// Every duration's approximation, in microseconds and within 1 %, with how often it was counted:
    /// ascending, each value once.
    pub fn values(&self) -> impl Iterator<Item = (f64, u64)> {
        let zeros = (self.zeros > 0).then_some((0.0, self.zeros));
        zeros.into_iter().chain(self.bins.iter().map(|(bin, count)| (middle(bin), count)))
    }

    /// The smallest duration that at least `per_mille` of all do not exceed (nearest rank), in
    /// microseconds, within 1 %; `None` of nothing. 500 is the median, of an even number the lower of
    /// the two in the middle.
    pub fn quantile(&self, per_mille: u64) -> Option<f64> {
        let count = self.count();
        if count == 0 {
            return None;
        }
        let rank = (u128::from(count) * u128::from(per_mille)).div_ceil(1_000).max(1);
        let mut passed = u128::from(self.zeros);
        if passed >= rank {
            return Some(0.0);
        }
        for (bin, count) in self.bins.iter() {
            passed += u128::from(count);
            if passed >= rank {
                return Some(middle(bin));
            }
        }
        self.bins.iter().next_back().map(|(bin, _)| middle(bin))
    }
}

/// The bin of a duration: it holds what is above 2^((bin - 1) / 35) and at most 2^(bin / 35).
fn bin(micros: u64) -> Option<u64> {
    (micros > 0).then(|| ((micros as f64).log2() * BINS_PER_DOUBLING).ceil() as u64)
}

/// The point of a bin whose largest relative distance to a value of the bin is the smallest.
fn middle(bin: u64) -> f64 {
    let ratio = (1.0 / BINS_PER_DOUBLING).exp2();
    (bin as f64 / BINS_PER_DOUBLING).exp2() * 2.0 / (1.0 + ratio)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sketch(values: impl IntoIterator<Item = u64>) -> Sketch {
        let mut sketch = Sketch::default();
        values.into_iter().for_each(|value| sketch.add(value));
        sketch
    }

    #[test]
    fn every_value_is_within_one_percent_of_its_bins_middle() {
        let mut value = 1_u64;
        while value < 1 << 52 {
            let middle = middle(bin(value).unwrap());
            assert!((middle / value as f64 - 1.0).abs() < 0.01, "{value}: {middle}");
            value += value / 97 + 1;
        }
        assert!(middle(bin(u64::MAX).unwrap()).is_finite());
    }

    #[test]
    fn quantiles_are_nearest_ranks() {
        let hundred = sketch((1..=100).map(|n| n * 1_000));
        for (per_mille, expected) in [(0, 1), (10, 1), (500, 50), (950, 95), (990, 99), (1000, 100)]
        {
            let found = hundred.quantile(per_mille).unwrap() / 1_000.0;
            assert!((found / f64::from(expected) - 1.0).abs() < 0.01, "{per_mille}: {found}");
        }
        assert_eq!(sketch([0, 0, 7]).quantile(500), Some(0.0));
        assert_eq!(Sketch::default().quantile(500), None);
    }

    #[test]
    fn values_are_those_that_were_counted() {
        let found: Vec<(f64, u64)> = sketch([0, 5_000, 0, 7, 5_000, 0]).values().collect();
        assert_eq!(found.iter().map(|(_, count)| *count).collect::<Vec<_>>(), [3, 1, 2]);
        for ((found, _), expected) in found.iter().zip([0.0, 7.0, 5_000.0]) {
            assert!((found - expected).abs() <= expected * 0.01, "{found}");
        }
        assert_eq!(Sketch::default().values().next(), None);
    }

    #[test]
    fn merging_is_counting_together_in_any_order_and_what_is_stored_comes_back() {
        let (a, b) = (sketch([0, 5, 5_000]), sketch([5, 70_000_000]));
        let (mut ab, mut ba) = (a.clone(), b.clone());
        ab.merge(&b);
        ba.merge(&a);
        assert_eq!((&ab, &ba), (&ba, &sketch([0, 5, 5, 5_000, 70_000_000])));
        let stored = postcard::to_allocvec(&ab).unwrap();
        assert_eq!(postcard::from_bytes(&stored), Ok(ab));
    }
}
