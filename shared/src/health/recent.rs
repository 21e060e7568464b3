//! The last day of the log in parts, and what can be told from them.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::{ErrorSeen, HORIZONS, Horizon, RecurringError};
use crate::log::TimeRange;
use crate::metrics::{Filter, Performance};
use crate::rollup::{Bucket, Grain, Label, Rollup, Status};

/// Failures with one message within an hour that make it worth telling.
const FEWEST_NEW: u64 = 5;
/// The same of a message that was there before.
const FEWEST_GROWING: u64 = 20;
/// So many times its mean rate makes a message's growth worth telling.
const GROWTH: f64 = 3.0;
/// Outcomes that must all have failed where there is no sample for a rate.
const LAST_OUTCOMES: u64 = 5;

/// What was logged in about the last day.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Recent {
    /// Hours at first, windows of the last 6 hours, then what is not rolled up; from old to new.
    pub parts: Vec<(TimeRange, Rollup)>,
    /// Up to when the log is rolled up without a gap.
    pub rolled_through: Option<Timestamp>,
    /// The log is younger than the parts' range.
    pub is_young: bool,
}

/// Whether the last five outcomes all failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LastOutcomes {
    /// They did.
    AllFailed,
    /// They did not, or there are no five.
    NotAllFailed,
    /// It depends on the order within a part: of its newest outcomes, so many must have failed.
    Unclear(TimeRange, u64),
}

impl Recent {
    /// The windows that are rolled up, from old to new.
    pub fn windows(&self) -> impl DoubleEndedIterator<Item = (Bucket, &Rollup)> {
        let through = self.rolled_through.unwrap_or(Timestamp::MIN);
        self.parts.iter().filter_map(move |(range, part)| {
            let window = Grain::Window.bucket_of(range.from());
            (window.range() == Some(*range) && range.to() <= through).then_some((window, part))
        })
    }

    /// Whether an entry of live mode is in it.
    pub fn has_live(&self) -> bool {
        self.parts.iter().any(|(_, part)| part.cells.keys().any(|key| key.livemode == Some(true)))
    }

    /// Whether a delivery or an outcome is in it.
    pub fn has_events(&self) -> bool {
        self.parts.iter().any(|(_, part)| !part.cells.is_empty())
    }

    /// The horizons that end with the last part. Each begins with a part, so it may be longer than
    /// its name: up to 5 minutes, the longest one up to an hour.
    pub fn horizons(&self, now: Timestamp, filter: &Filter) -> Vec<Horizon> {
        let to = self.parts.last().map_or(now, |(range, _)| range.to());
        let of = |minutes: u32| {
            let ago = now.saturating_sub(SignedDuration::from_mins(minutes.into()));
            let grain = if minutes == 1_440 { Grain::Hour } else { Grain::Window };
            let from = grain.bucket_of(ago.unwrap_or(Timestamp::MIN)).start;
            let parts = self.parts.iter().filter(|(range, _)| range.from() >= from);
            let mut performance = Performance::default();
            parts.for_each(|(_, part)| performance.add(part, filter));
            Some(Horizon { minutes, range: TimeRange::new(from, to)?, performance })
        };
        HORIZONS.into_iter().filter_map(of).collect()
    }

    /// The minute of the last first delivery.
    pub fn last_delivery(&self, filter: &Filter) -> Option<Timestamp> {
        let of_deliveries = self.parts.iter().rev().filter_map(|(_, part)| {
            let meant = part
                .minutes
                .iter()
                .filter(|(key, _)| !key.of_outcomes && filter.means_mode(false, key.livemode));
            meant.filter_map(|(_, minutes)| Some(minutes.iter().next_back()?.0)).max()
        });
        let minute = of_deliveries.max()?;
        Timestamp::from_second(i64::try_from(minute).ok()?.checked_mul(60)?).ok()
    }

    /// Whether the last five outcomes all failed.
    pub fn last_outcomes(&self, filter: &Filter) -> LastOutcomes {
        let mut missing = LAST_OUTCOMES;
        for (range, part) in self.parts.iter().rev() {
            let count = |status| -> u64 {
                let meant = part.cells.iter().filter(|(key, _)| {
                    key.status == status && filter.means_mode(true, key.livemode)
                });
                meant.map(|(_, measure)| measure.count).sum()
            };
            let (failed, succeeded) = (count(Status::Failed), count(Status::Succeeded));
            match (failed, succeeded) {
                (_, 0) if failed >= missing => return LastOutcomes::AllFailed,
                (_, 0) => missing -= failed,
                _ if failed >= missing => return LastOutcomes::Unclear(*range, missing),
                _ => return LastOutcomes::NotAllFailed,
            }
        }
        LastOutcomes::NotAllFailed
    }

    /// Failures by message in the last hour, and in the hours before it.
    fn errors(
        &self,
        now: Timestamp,
        filter: &Filter,
    ) -> (BTreeMap<&str, u64>, BTreeMap<&str, u64>) {
        let hour_ago = now.saturating_sub(SignedDuration::from_hours(1)).unwrap_or(Timestamp::MIN);
        let (mut new, mut old) = (BTreeMap::new(), BTreeMap::new());
        for (range, part) in &self.parts {
            let of_part = if range.from() >= Grain::Window.bucket_of(hour_ago).start {
                &mut new
            } else {
                &mut old
            };
            for (key, count) in part.errors.iter() {
                if let Label::Is(message) = &key.message
                    && filter.means_mode(true, key.livemode)
                {
                    *of_part.entry(message.as_ref()).or_default() += count;
                }
            }
        }
        (new, old)
    }

    /// Messages of failures, each with the hours in which it was first and last seen.
    pub fn messages(&self) -> BTreeMap<&str, ErrorSeen> {
        let mut seen: BTreeMap<&str, ErrorSeen> = BTreeMap::new();
        for (range, part) in &self.parts {
            let hour = range.from().as_second().div_euclid(3_600);
            for (key, _) in part.errors.iter() {
                if let Label::Is(message) = &key.message {
                    let hours = ErrorSeen { first: hour, last: hour };
                    seen.entry(message.as_ref()).or_insert(hours).last = hour;
                }
            }
        }
        seen
    }

    /// Errors of the last hour that are new or grow, `known` being those seen before. None on the
    /// log's first day, when every error is new.
    pub fn recurring_errors(
        &self,
        now: Timestamp,
        known: &BTreeMap<String, ErrorSeen>,
        filter: &Filter,
    ) -> Vec<RecurringError> {
        if self.is_young {
            return Vec::new();
        }
        let (new, old) = self.errors(now, filter);
        let this_hour = now.as_second().div_euclid(3_600);
        let tell = |(message, count): (&str, u64)| {
            let before = old.get(message).copied().unwrap_or_default();
            let is_known =
                before > 0 || known.get(message).is_some_and(|seen| seen.first < this_hour - 1);
            let a_usual_hour = before as f64 / 23.0;
            let basis = if !is_known && count >= FEWEST_NEW {
                "never seen before".to_owned()
            } else if before > 0 && count >= FEWEST_GROWING && count as f64 > GROWTH * a_usual_hour
            {
                format!("{:.1} in a usual hour", a_usual_hour)
            } else {
                return None;
            };
            Some(RecurringError { message: message.to_owned(), count, basis })
        };
        new.into_iter().filter_map(tell).collect()
    }

    /// The start of the stretch of bad parts that reaches up to now; parts that say nothing are passed
    /// over. `None` where the last part that says something is good.
    pub fn bad_since(&self, is_bad: impl Fn(&Rollup) -> Option<bool>) -> Option<Timestamp> {
        let mut since = None;
        for (range, part) in self.parts.iter().rev() {
            match is_bad(part) {
                Some(true) => since = Some(range.from()),
                Some(false) => break,
                None => {}
            }
        }
        since
    }
}

#[cfg(test)]
mod tests;
