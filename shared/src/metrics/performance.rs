//! The guide's performance metrics over a range.

use super::{Deliveries, Errors, Filter, Match, Outcomes};
use crate::rollup::{MinuteKey, Rollup};
use crate::statistics::Counts;

/// Counts, times and errors of the entries that a filter means.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Performance {
    /// What Stripe sent.
    pub deliveries: Deliveries,
    /// What the application made of it.
    pub outcomes: Outcomes,
    /// What outcomes failed with.
    pub errors: Errors,
    /// Refused requests. They say nothing of themselves, so no filter applies.
    pub rejected: u64,
    /// Of these, those that came from Stripe's own addresses.
    pub refused_genuine: u64,
    /// Entries that may be meant and are not counted: rollups had no room to tell them apart.
    pub uncertain: u64,
    /// Entries that this version cannot read and that are in no number.
    pub unreadable: u64,
}

impl Performance {
    /// Adds a part of the range. No minute may be in two parts.
    pub fn add(&mut self, part: &Rollup, filter: &Filter) {
        for (key, measure) in &part.cells {
            match filter.matches(
                key.status.is_outcome(),
                &key.event_type,
                key.livemode,
                &key.account,
            ) {
                Match::Yes if key.status.is_outcome() => self.outcomes.add(key.status, measure),
                Match::Yes => self.deliveries.add(key.status, measure),
                Match::Perhaps => self.uncertain += measure.count,
                Match::No => {}
            }
        }
        for (key, count) in part.errors.iter() {
            match filter.matches(true, &key.event_type, key.livemode, &key.account) {
                Match::Yes => self.errors.add(key, count),
                Match::Perhaps => self.errors.add_other(count),
                Match::No => {}
            }
        }
        self.errors.add_other(part.errors.other());
        let peak = |of_outcomes| peak(part, |key| key.of_outcomes == of_outcomes, filter);
        self.deliveries.peak_per_minute = self.deliveries.peak_per_minute.max(peak(false));
        self.outcomes.peak_per_minute = self.outcomes.peak_per_minute.max(peak(true));
        self.rejected += part.rejected();
        let genuine = part.rejections.iter().filter(|(key, _)| key.refused_genuine);
        self.refused_genuine += genuine.map(|(_, count)| count).sum::<u64>();
        self.unreadable += part.unreadable;
    }
}

/// The most entries of one kind in one minute.
fn peak(part: &Rollup, of_kind: impl Fn(&MinuteKey) -> bool, filter: &Filter) -> u64 {
    let mut minutes = Counts::default();
    for (key, counts) in part.minutes.iter().filter(|(key, _)| of_kind(key)) {
        if filter.matches(key.of_outcomes, &key.event_type, key.livemode, &key.account)
            == Match::Yes
        {
            minutes.merge(counts);
        }
    }
    minutes.iter().map(|(_, count)| count).max().unwrap_or_default()
}
