//! Counts by ascending number: what sketches and minutes are made of.

use std::fmt;

use serde::de::{DeserializeSeed, Error, SeqAccess, Visitor};
use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Neighbours that are looked at before a number is searched for: counts that are merged are mostly close
/// to each other.
const NEAR: usize = 8;

/// How often numbers were counted. A month has a million of these, so they are a plain list.
///
/// Stored as runs of neighbouring numbers, each with the distance from the end of the run before it: one
/// byte for a small count, where neighbours have one too.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counts(Vec<(u64, u64)>);

impl Counts {
    /// Counts a number so many times.
    pub fn add(&mut self, number: u64, count: u64) {
        match self.0.binary_search_by_key(&number, |(number, _)| *number) {
            Ok(place) => {
                if let Some((_, ours)) = self.0.get_mut(place) {
                    *ours += count;
                }
            }
            Err(place) => self.0.insert(place, (number, count)),
        }
    }

    /// Adds what others counted.
    pub fn merge(&mut self, other: &Self) {
        if self.0.is_empty() {
            self.0.clone_from(&other.0);
            return;
        }
        let mut new = Vec::new();
        let mut place = 0;
        for (number, count) in &other.0 {
            let rest = self.0.get(place..).unwrap_or_default();
            let near = rest.iter().take(NEAR).position(|(ours, _)| ours >= number);
            place += near.unwrap_or_else(|| rest.partition_point(|(ours, _)| ours < number));
            match self.0.get_mut(place).filter(|(ours, _)| ours == number) {
                Some((_, ours)) => *ours += count,
                None => new.push((*number, *count)),
            }
        }
        if !new.is_empty() {
            // Two runs that ascend, which this sort merges.
            self.0.extend(new);
            self.0.sort_by_key(|(number, _)| *number);
        }
    }

    /// The numbers and their counts.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (u64, u64)> {
        self.0.iter().copied()
    }

    /// Numbers that were counted.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn runs(&self) -> impl Iterator<Item = &[(u64, u64)]> {
        self.0.chunk_by(|(before, _), (number, _)| before.checked_add(1) == Some(*number))
    }
}

impl FromIterator<(u64, u64)> for Counts {
    fn from_iter<I: IntoIterator<Item = (u64, u64)>>(counted: I) -> Self {
        let mut counts = Self::default();
        counted.into_iter().for_each(|(number, count)| counts.add(number, count));
        counts
    }
}

impl Serialize for Counts {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut runs = to.serialize_seq(Some(self.runs().count()))?;
        let mut next = 0;
        for run in self.runs() {
            let (Some((first, _)), Some((last, _))) = (run.first(), run.last()) else { continue };
            let counts: Vec<u64> = run.iter().map(|(_, count)| *count).collect();
            runs.serialize_element(&(first - next, counts))?;
            next = last.saturating_add(1);
        }
        runs.end()
    }
}

impl<'de> Deserialize<'de> for Counts {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_seq(Runs)
    }
}

/// The runs, read into one list without one for each.
struct Runs;

impl<'de> Visitor<'de> for Runs {
    type Value = Counts;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("runs of counts")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut runs: A) -> Result<Counts, A::Error> {
        let mut counts = Vec::new();
        let mut next = 0;
        while let Some(end) = runs.next_element_seed(Run { next, counts: &mut counts })? {
            next = end;
        }
        Ok(Counts(counts))
    }
}

/// A run whose distance is counted from `next`; the number after it.
struct Run<'a> {
    next: u64,
    counts: &'a mut Vec<(u64, u64)>,
}

impl<'de> DeserializeSeed<'de> for Run<'_> {
    type Value = u64;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<u64, D::Error> {
        from.deserialize_tuple(2, self)
    }
}

impl<'de> Visitor<'de> for Run<'_> {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a distance and counts")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<u64, A::Error> {
        let missing = || A::Error::custom("a run is cut short");
        let distance: u64 = parts.next_element()?.ok_or_else(missing)?;
        let first = self.next.checked_add(distance).ok_or_else(too_far)?;
        parts.next_element_seed(Neighbours { first, counts: self.counts })?.ok_or_else(missing)
    }
}

/// The counts of neighbours; the number after them.
struct Neighbours<'a> {
    first: u64,
    counts: &'a mut Vec<(u64, u64)>,
}

impl<'de> DeserializeSeed<'de> for Neighbours<'_> {
    type Value = u64;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<u64, D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Neighbours<'_> {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("counts")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut counts: A) -> Result<u64, A::Error> {
        let mut next = self.first;
        while let Some(count) = counts.next_element()? {
            self.counts.push((next, count));
            next = next.checked_add(1).ok_or_else(too_far)?;
        }
        Ok(next)
    }
}

/// The numbers run past what can be counted.
fn too_far<E: Error>() -> E {
    E::custom("a number that is too large")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn counts(numbers: &[u64]) -> Counts {
        numbers.iter().map(|number| (*number, number % 7 + 1)).collect()
    }

    #[test]
    fn counts_come_back_from_their_runs() {
        for (numbers, runs) in [
            (&[][..], vec![]),
            (&[0], vec![(0, vec![1])]),
            (&[5, 6, 7], vec![(5, vec![6, 7, 1])]),
            (&[0, 1, 9], vec![(0, vec![1, 2]), (7, vec![3])]),
        ] {
            let stored = postcard::to_allocvec(&counts(numbers)).unwrap();
            assert_eq!(stored, postcard::to_allocvec::<Vec<(u64, Vec<u64>)>>(&runs).unwrap());
            assert_eq!(postcard::from_bytes(&stored), Ok(counts(numbers)), "{numbers:?}");
        }
        let too_far = postcard::to_allocvec(&[(u64::MAX, vec![1_u64, 1])]).unwrap();
        assert!(postcard::from_bytes::<Counts>(&too_far).is_err());
    }

    proptest! {
        #[test]
        fn merging_is_counting_together(
            a in prop::collection::vec(0..400_u64, 0..60),
            b in prop::collection::vec(0..400_u64, 0..60),
        ) {
            let (mut ab, mut ba) = (counts(&a), counts(&b));
            ab.merge(&counts(&b));
            ba.merge(&counts(&a));
            let both = counts(&[a, b].concat());
            prop_assert_eq!((&ab, &ba), (&both, &both));
            let numbers: Vec<u64> = both.iter().map(|(number, _)| number).collect();
            prop_assert!(numbers.is_sorted());
        }
    }
}
