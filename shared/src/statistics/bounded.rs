//! Counts by key with a bound on the number of keys: totals are always exact.

use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Counts by key, and what was counted of keys that had no room.
///
/// A key's own count is exact while [`other`](Self::other) is 0; else its true count is between its
/// own and its own plus `other`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoundedCounts<K: Ord> {
    counts: BTreeMap<K, u64>,
    other: u64,
}

impl<K: Ord> Default for BoundedCounts<K> {
    fn default() -> Self {
        Self { counts: BTreeMap::new(), other: 0 }
    }
}

impl<K: Ord> BoundedCounts<K> {
    /// Counts by key with an `other` beside them.
    pub fn new(counts: BTreeMap<K, u64>, other: u64) -> Self {
        Self { counts, other }
    }

    /// Counts `n` of a key; a new one only while there are fewer than `most` keys.
    pub fn add(&mut self, key: K, n: u64, most: usize) {
        if self.counts.len() < most || self.counts.contains_key(&key) {
            *self.counts.entry(key).or_default() += n;
        } else {
            self.other += n;
        }
    }

    /// Counts `n` of a key that has no room.
    pub fn add_other(&mut self, n: u64) {
        self.other += n;
    }

    /// Keeps the `most` frequent keys, of equally frequent ones the first.
    pub fn bound(&mut self, most: usize) {
        let rest = self.split_off(most);
        self.other += rest.iter().map(|(_, n)| n).sum::<u64>();
    }

    /// Keeps the `most` frequent keys, and as many of the coarser ones that the others become.
    pub fn bound_by(&mut self, most: usize, coarser: impl Fn(K) -> K) {
        let rest = self.split_off(most);
        for (key, n) in rest {
            *self.counts.entry(coarser(key)).or_default() += n;
        }
        self.bound(2 * most);
    }

    /// Takes out all but the `most` frequent keys.
    fn split_off(&mut self, most: usize) -> Vec<(K, u64)> {
        if self.counts.len() <= most {
            return Vec::new();
        }
        let mut ranked: Vec<_> = std::mem::take(&mut self.counts).into_iter().collect();
        ranked.sort_by_key(|(_, n)| Reverse(*n));
        let rest = ranked.split_off(most);
        self.counts = ranked.into_iter().collect();
        rest
    }

    /// The keys with their counts, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&K, u64)> {
        self.counts.iter().map(|(key, n)| (key, *n))
    }

    /// Keys told apart.
    pub fn len(&self) -> usize {
        self.counts.len()
    }

    /// Whether no key is told apart.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// What was counted of keys that had no room.
    pub fn other(&self) -> u64 {
        self.other
    }

    /// Everything counted.
    pub fn total(&self) -> u64 {
        self.counts.values().sum::<u64>() + self.other
    }
}

impl<K: Ord + Clone> BoundedCounts<K> {
    /// Adds what another one counted; the number of keys is not bounded by this.
    pub fn merge(&mut self, other: &Self) {
        self.other += other.other;
        for (key, n) in &other.counts {
            *self.counts.entry(key.clone()).or_default() += n;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_keeps_the_most_frequent_and_every_total() {
        let mut counts = BoundedCounts::default();
        for (key, n) in [("d", 2), ("a", 1), ("b", 5), ("c", 2)] {
            counts.add(key, n, 10);
        }
        counts.bound(2);
        assert_eq!(counts.iter().collect::<Vec<_>>(), [(&"b", 5), (&"c", 2)]);
        assert_eq!((counts.other(), counts.total()), (3, 10));
        let mut coarser = counts.clone();
        counts.add("e", 4, 2);
        counts.add("b", 1, 2);
        assert_eq!((counts.other(), counts.total()), (7, 15));
        coarser.add("e", 9, 9);
        coarser.bound_by(2, |_| "rest");
        assert_eq!(coarser.iter().collect::<Vec<_>>(), [(&"b", 5), (&"e", 9), (&"rest", 2)]);
        assert_eq!((coarser.other(), coarser.total()), (3, 19));
    }
}
