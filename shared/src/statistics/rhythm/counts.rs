//! Counts by the hour, of four weeks and a day.

use serde::{Deserialize, Serialize};

/// Hours that are kept: four of each slot, and some to spare.
const KEPT: i64 = 29 * 24;

/// Counts by the hour. What was not counted is `None`, which is not 0.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct HourlyCounts {
    /// The hour of the first count.
    first: i64,
    /// One for each hour from there on; the last one is known.
    counts: Vec<Option<u64>>,
}

impl HourlyCounts {
    /// Sets an hour's count. What is four weeks and a day older than the newest hour is forgotten.
    pub fn set(&mut self, hour: i64, count: u64) {
        let Some(end) = self.end() else {
            (self.first, self.counts) = (hour, vec![Some(count)]);
            return;
        };
        if hour >= end.saturating_add(KEPT) {
            (self.first, self.counts) = (hour, vec![Some(count)]);
            return;
        }
        if hour < end.saturating_sub(KEPT) {
            return;
        }
        let before = usize::try_from(self.first.saturating_sub(hour)).unwrap_or(0);
        if before > 0 {
            self.counts.splice(0..0, std::iter::repeat_n(None, before));
            self.first = hour;
        }
        let place = usize::try_from(hour.saturating_sub(self.first)).unwrap_or(0);
        if place >= self.counts.len() {
            self.counts.resize(place + 1, None);
        }
        if let Some(kept) = self.counts.get_mut(place) {
            *kept = Some(count);
        }
        let more = self.counts.len().saturating_sub(usize::try_from(KEPT).unwrap_or(0));
        self.counts.drain(..more);
        self.first += i64::try_from(more).unwrap_or(0);
    }

    /// An hour's count.
    pub fn get(&self, hour: i64) -> Option<u64> {
        let place = usize::try_from(hour.checked_sub(self.first)?).ok()?;
        self.counts.get(place).copied().flatten()
    }

    /// Hours that were counted, from new to old.
    pub fn newest_first(&self) -> impl Iterator<Item = (i64, u64)> {
        let first = self.first;
        self.counts.iter().enumerate().rev().filter_map(move |(place, count)| {
            let hour = first.checked_add(i64::try_from(place).ok()?)?;
            count.map(|count| (hour, count))
        })
    }

    /// Whether no hour from one on was counted. Where a hand has set the first one in the future, no hour of today
    /// would ever be.
    pub fn end_by(&self, hour: i64) -> bool {
        self.counts.is_empty() || self.end().is_some_and(|end| end <= hour)
    }

    /// How many hours were counted.
    pub fn known(&self) -> usize {
        self.counts.iter().flatten().count()
    }

    /// Counts of the hours since one.
    pub fn total_since(&self, hour: i64) -> u64 {
        let counts = self.newest_first().take_while(|(at, _)| *at >= hour).map(|(_, count)| count);
        counts.fold(0, u64::saturating_add)
    }

    /// The last hour in which anything was counted.
    pub fn last_with_any(&self) -> Option<i64> {
        self.newest_first().find(|(_, count)| *count > 0).map(|(hour, _)| hour)
    }

    fn end(&self) -> Option<i64> {
        let length = i64::try_from(self.counts.len()).ok().filter(|length| *length > 0)?;
        self.first.checked_add(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_set_in_any_order_and_the_oldest_are_forgotten() {
        let mut counts = HourlyCounts::default();
        for (hour, count) in [(1_000, 5), (1_002, 7), (998, 3), (1_000, 6)] {
            counts.set(hour, count);
        }
        let known: Vec<_> = counts.newest_first().collect();
        assert_eq!(known, [(1_002, 7), (1_000, 6), (998, 3)]);
        assert_eq!((counts.get(999), counts.get(998), counts.get(1_003)), (None, Some(3), None));
        assert_eq!((counts.known(), counts.total_since(1_000)), (3, 13));
        counts.set(1_010, 0);
        assert_eq!(counts.last_with_any(), Some(1_002));
        counts.set(1_000 + KEPT, 1);
        assert_eq!((counts.get(1_000), counts.get(1_002)), (None, Some(7)));
        counts.set(1_000, 1);
        assert_eq!(counts.get(1_000), None, "too old");
        counts.set(1_000 + 3 * KEPT, 9);
        assert_eq!(counts.known(), 1);
    }

    #[test]
    fn what_a_hand_has_damaged_is_survived() {
        for first in [i64::MIN, i64::MAX] {
            let text = format!(r#"{{"first":{first},"counts":[1,null,3]}}"#);
            let mut counts: HourlyCounts = serde_json::from_str(&text).unwrap();
            assert_eq!((counts.get(0), counts.end_by(0)), (None, first < 0));
            counts.set(500_000, 1);
            let known = counts.newest_first().count();
            assert!(known <= 3, "{first}: {known}");
        }
        let text = format!(r#"{{"first":7,"counts":[{0},{0}]}}"#, u64::MAX);
        let counts: HourlyCounts = serde_json::from_str(&text).unwrap();
        assert_eq!(counts.total_since(0), u64::MAX);
        assert!(counts.end_by(9) && !counts.end_by(8));
        assert!(HourlyCounts::default().end_by(i64::MIN));
    }
}
