//! A range in steps of time: what charts and trends are made of.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::{Durations, Filter, Match};
use crate::log::{Cause, TimeRange};
use crate::rollup::{Grain, Rollup, Status};

/// Hours up to which a range is told by windows.
const BY_WINDOWS: SignedDuration = SignedDuration::from_hours(6);
/// Hours up to which it is told by hours.
const BY_HOURS: SignedDuration = SignedDuration::from_hours(336);
/// Steps that a range has at most: 90 days, and two that are cut.
const MOST_STEPS: usize = 400;

crate::log::named! {
    /// Length of a step.
    Step {
        /// 5 minutes.
        Window = "5 minutes",
        /// A UTC hour.
        Hour = "1 hour",
        /// A UTC day.
        Day = "1 day",
    }
}

impl Step {
    /// The step that shows a range best: windows up to 6 hours, as far as the log reaches back (older
    /// windows are not kept), hours up to 14 days, else days.
    pub fn of(range: TimeRange, log_since: Timestamp) -> Self {
        let length = range.to().duration_since(range.from());
        if length <= BY_WINDOWS && range.from() >= log_since {
            Self::Window
        } else if length <= BY_HOURS {
            Self::Hour
        } else {
            Self::Day
        }
    }

    /// What parts must be within to be told apart.
    pub fn grain(self) -> Grain {
        match self {
            Self::Window => Grain::Window,
            Self::Hour => Grain::Hour,
            Self::Day => Grain::Day,
        }
    }

    fn seconds(self) -> i64 {
        match self {
            Self::Window => 300,
            Self::Hour => 3_600,
            Self::Day => 86_400,
        }
    }

    fn start_of(self, at: Timestamp) -> Timestamp {
        let second = at.as_second() - at.as_second().rem_euclid(self.seconds());
        Timestamp::from_second(second).unwrap_or(Timestamp::MIN)
    }

    fn after(self, start: Timestamp) -> Timestamp {
        start.saturating_add(SignedDuration::from_secs(self.seconds())).unwrap_or(Timestamp::MAX)
    }
}

/// What was logged in a step.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Point {
    /// First deliveries.
    pub received: u64,
    /// Outcomes that succeeded.
    pub succeeded: u64,
    /// Outcomes that failed.
    pub failed: u64,
    /// What processing took.
    pub processing_time: Durations,
    /// From creation to first delivery.
    pub lag: Durations,
    /// Refused requests by cause; no filter applies.
    pub rejected: BTreeMap<Cause, u64>,
    /// Of these, those from Stripe's own addresses.
    pub refused_genuine: u64,
}

impl Point {
    /// Refused requests.
    pub fn rejections(&self) -> u64 {
        self.rejected.values().sum()
    }

    /// Share of the outcomes that failed; `None` of none.
    pub fn error_rate(&self) -> Option<f64> {
        let outcomes = self.succeeded + self.failed;
        (outcomes > 0).then(|| self.failed as f64 / outcomes as f64)
    }
}

/// A step of an answered range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// The part of the step that is answered.
    pub range: TimeRange,
    /// The step is answered from beginning to end.
    pub is_whole: bool,
    /// What was logged.
    pub point: Point,
}

/// The steps of a range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    /// How long steps are.
    pub step: Step,
    points: BTreeMap<Timestamp, Point>,
}

impl Series {
    /// Nothing yet.
    pub fn new(step: Step) -> Self {
        Self { step, points: BTreeMap::new() }
    }

    /// Adds a part of the range, which must be within a step.
    pub fn add(&mut self, range: TimeRange, part: &Rollup, filter: &Filter) {
        let point = self.points.entry(self.step.start_of(range.from())).or_default();
        for (key, measure) in &part.cells {
            if filter.matches(key.status.is_outcome(), &key.event_type, key.livemode, &key.account)
                != Match::Yes
            {
                continue;
            }
            match key.status {
                Status::Received | Status::Quarantined => {
                    point.received += measure.count;
                    point.lag.add(measure);
                }
                Status::Succeeded => point.succeeded += measure.count,
                Status::Failed => point.failed += measure.count,
                Status::Duplicate | Status::OtherEndpoint => {}
            }
            if key.status.is_outcome() {
                point.processing_time.add(measure);
            }
        }
        for (key, count) in &part.rejections {
            *point.rejected.entry(key.cause).or_default() += count;
            point.refused_genuine += if key.refused_genuine { *count } else { 0 };
        }
    }

    /// Every step of what is answered, from old to new, those without an entry too.
    pub fn slots(&self, from: Timestamp, through: Timestamp) -> Vec<Slot> {
        let starts = std::iter::successors(Some(self.step.start_of(from)), |start| {
            Some(self.step.after(*start)).filter(|next| next > start)
        });
        starts
            .take_while(|start| *start < through)
            .take(MOST_STEPS)
            .filter_map(|start| {
                let end = self.step.after(start);
                Some(Slot {
                    range: TimeRange::new(start.max(from), end.min(through))?,
                    is_whole: from <= start && end <= through,
                    point: self.points.get(&start).cloned().unwrap_or_default(),
                })
            })
            .collect()
    }
}
