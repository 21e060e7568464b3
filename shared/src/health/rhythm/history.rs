//! First deliveries by the hour, of all events and of the most frequent types.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::metrics::Filter;
use crate::rollup::{Label, Rollup};
use crate::statistics::HourlyCounts;

/// Types that are followed: each is read in every run, one read unit or less.
const MOST_TYPES: usize = 24;
/// Bytes of a type's name; longer ones are not followed.
const LONGEST_TYPE: usize = 100;
/// Hours by which types are compared: the most frequent of a week stay.
const COMPARED: i64 = 168;
/// Hours before the newest that are counted: four weeks, as far as verdicts look.
const FURTHEST: i64 = 28 * 24;
/// An hour that is still not rolled up then is passed over.
const GIVEN_UP: i64 = 26;

/// What is counted. It grows by the hours that are rolled up, and back in time until it is whole.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct History {
    /// Of all events.
    pub all: HourlyCounts,
    /// Of the most frequent types.
    pub types: BTreeMap<String, HourlyCounts>,
    /// What is counted; `None`: nothing yet.
    pub progress: Option<Progress>,
}

/// Which hours are counted, in hours since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// The first hour that is not counted yet.
    pub through: i64,
    /// From here on back in time, hours are still to be counted.
    pub back_to: i64,
    /// Live mode alone is counted.
    pub live: bool,
}

/// What came in an hour.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CountedHour {
    /// First deliveries.
    pub all: u64,
    /// The same by type.
    pub types: BTreeMap<String, u64>,
}

impl CountedHour {
    /// The first deliveries of a rollup that tells types apart.
    pub fn of(rollup: &Rollup, filter: &Filter) -> Self {
        let mut hour = Self::default();
        for (key, measure) in &rollup.cells {
            let counts = filter.livemode.is_none_or(|mode| key.livemode == Some(mode));
            if !key.status.is_first_delivery() || !counts {
                continue;
            }
            hour.all += measure.count;
            if let Label::Is(event_type) = &key.event_type {
                *hour.types.entry(event_type.to_string()).or_default() += measure.count;
            }
        }
        hour
    }
}

impl Progress {
    /// Whether it is to be gone on from. Not where a clock was ahead, since nothing was counted where there is
    /// something to come; not where it is so old that nothing of it is looked at, which damage may be too.
    fn holds(self, now: i64) -> bool {
        let looked_at = now.saturating_sub(FURTHEST)..=now.saturating_add(1);
        looked_at.contains(&self.through) && self.back_to <= self.through
    }
}

impl History {
    /// Sees to it that the right events are counted: those of live mode once one was seen, and from then
    /// on. What was counted of others, of hours that are yet to come or of long ago is dropped, and counted again.
    pub fn begin(&mut self, live: bool, now: i64) {
        let was_live = self.progress.is_some_and(|progress| progress.live);
        let holds = self.progress.is_some_and(|progress| {
            let mut counts = self.types.values().chain([&self.all]);
            // A run that ended early has counted types further than its progress says.
            progress.holds(now) && counts.all(|counts| counts.end_by(now.saturating_add(1)))
        });
        if holds && (was_live || !live) {
            return;
        }
        let live = live || was_live;
        // Old counts of another mode would be compared with those of this one.
        if self.progress.is_some() {
            *self = Self::default();
        }
        self.progress = Some(Progress { through: now, back_to: now, live });
    }

    /// Counts everything again, back in time: what of it was damaged comes back.
    pub fn count_again(&mut self) {
        if let Some(progress) = &mut self.progress {
            progress.back_to = progress.through;
        }
    }

    /// The hour to be counted next: one that may have been rolled up since, else an older one. `closed`
    /// is the first hour that cannot have been rolled up yet. `None`: all are counted.
    pub fn next(&self, closed: i64, waited: bool) -> Option<i64> {
        let progress = self.progress?;
        if progress.through < closed && !waited {
            return Some(progress.through);
        }
        let older = progress.back_to.saturating_sub(1);
        (older >= closed.saturating_sub(FURTHEST)).then_some(older)
    }

    /// Counts the hour that was [`next`](Self::next); `None`: it is not rolled up. Whether it is to be
    /// waited for, which only the newest hours are.
    pub fn count(&mut self, hour: i64, counted: Option<CountedHour>, closed: i64) -> bool {
        let Some(progress) = &mut self.progress else { return false };
        let is_newest = hour == progress.through;
        if is_newest && counted.is_none() && hour.saturating_add(GIVEN_UP) > closed {
            return true;
        }
        if is_newest {
            progress.through = hour.saturating_add(1);
        } else {
            progress.back_to = hour;
        }
        if let Some(counted) = counted {
            self.add(hour, counted);
        }
        false
    }

    fn add(&mut self, hour: i64, mut counted: CountedHour) {
        self.all.set(hour, counted.all);
        for (event_type, counts) in &mut self.types {
            counts.set(hour, counted.types.remove(event_type).unwrap_or(0));
        }
        for (event_type, count) in counted.types {
            if event_type.len() <= LONGEST_TYPE {
                self.types.entry(event_type).or_default().set(hour, count);
            }
        }
        while self.types.len() > MOST_TYPES {
            let newest = self.progress.map_or(hour, |progress| progress.through);
            let since = newest.saturating_sub(COMPARED);
            let of_week = |counts: &HourlyCounts| counts.total_since(since);
            let rarest = self.types.iter().min_by_key(|(_, counts)| of_week(counts));
            let Some(rarest) = rarest.map(|(event_type, _)| event_type.clone()) else { return };
            self.types.remove(&rarest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hour(types: &[(&str, u64)]) -> Option<CountedHour> {
        let types: BTreeMap<_, _> =
            types.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect();
        Some(CountedHour { all: types.values().sum(), types })
    }

    #[test]
    fn new_hours_come_first_and_then_old_ones() {
        let mut history = History::default();
        assert_eq!(history.next(10_000, false), None);
        history.begin(false, 10_000);
        assert_eq!(history.next(10_000, false), Some(9_999));
        assert!(!history.count(9_999, hour(&[("a", 2)]), 10_000));
        assert!(!history.count(9_998, None, 10_000), "an old one is never waited for");
        assert_eq!(history.next(10_001, false), Some(10_000));
        assert!(history.count(10_000, None, 10_001), "it may come yet");
        assert_eq!(history.next(10_001, true), Some(9_997));
        assert!(!history.count(10_000, None, 10_026), "it does not");
        let progress = Progress { through: 10_001, back_to: 9_998, live: false };
        assert_eq!(history.progress, Some(progress));
        assert_eq!(history.all.newest_first().collect::<Vec<_>>(), [(9_999, 2)]);
        history.progress = Some(Progress { back_to: 10_001 - FURTHEST, ..progress });
        assert_eq!(history.next(10_001, true), None);
        history.count_again();
        assert_eq!(history.next(10_001, false), Some(10_000));
        history.begin(true, 10_001);
        assert_eq!((history.all.known(), history.progress.unwrap().back_to), (0, 10_001));
        let live = history.clone();
        history.begin(false, 10_002);
        assert_eq!(history, live, "once live, always");
        history.count(10_001, hour(&[("a", 2)]), 10_002);
        history.begin(true, 10_001);
        assert_eq!(history.all.known(), 1, "an hour ahead is the other run's");
        history.begin(false, 9_000);
        let anew = Progress { through: 9_000, back_to: 9_000, live: true };
        assert_eq!((history.all.known(), history.progress), (0, Some(anew)));
    }

    #[test]
    fn the_most_frequent_types_are_followed() {
        let mut history = History::default();
        history.begin(true, 10_000);
        let names: Vec<String> = (0..40).map(|n| format!("type.{n:02}")).collect();
        let mut types: Vec<(&str, u64)> = names.iter().map(String::as_str).zip(1..).collect();
        let long = "x".repeat(101);
        types.push((&long, 1_000));
        history.count(9_999, hour(&types), 10_000);
        assert_eq!(history.types.len(), MOST_TYPES);
        assert!(history.types.keys().all(|name| name.as_str() >= "type.16"));
        history.count(9_998, hour(&[("type.20", 7)]), 10_000);
        assert_eq!(history.types["type.20"].get(9_998), Some(7));
        assert_eq!(history.types["type.21"].get(9_998), Some(0));
        assert_eq!(history.all.get(9_998), Some(7));
    }

    #[test]
    fn progress_that_is_damaged_or_of_long_ago_is_begun_anew() {
        let now = 10_000;
        let anew = Progress { through: now, back_to: now, live: true };
        for (through, back_to, holds) in [
            (now, 0, true),
            (now - FURTHEST, 0, true),
            (now - FURTHEST - 1, 0, false),
            (i64::MIN, i64::MIN, false),
            (i64::MAX, 0, false),
            (now, i64::MAX, false),
        ] {
            let progress = Progress { through, back_to, live: true };
            let mut history = History { progress: Some(progress), ..History::default() };
            history.begin(false, now);
            assert_eq!(history.progress, Some(if holds { progress } else { anew }), "{progress:?}");
        }
        let mut ahead = HourlyCounts::default();
        ahead.set(now + 1, 7);
        let progress = Some(Progress { through: now, back_to: 0, live: true });
        let types = BTreeMap::from([("a".to_owned(), ahead)]);
        let mut history = History { progress, types, ..History::default() };
        history.begin(true, now);
        assert_eq!(
            (history.progress, history.types.len()),
            (Some(anew), 0),
            "counted of what is to come"
        );
    }
}
