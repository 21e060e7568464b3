//! The present that a rhythm is compared with.

use std::collections::BTreeMap;

use super::History;
use crate::health::{Memory, Recent};
use crate::metrics::Filter;
use crate::rollup::{Label, Rollup};

/// The last hour, and when what was last seen; in minutes since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Present {
    /// Up to when the log is known.
    pub through: i64,
    /// First deliveries in the 60 minutes before.
    pub last_hour: u64,
    /// When an event was last delivered for the first time; `None` where that is not known.
    pub last: Option<i64>,
    /// The same by type.
    pub types: BTreeMap<String, i64>,
}

impl Present {
    /// What the last day, the memory of the runs before and the history know. `None` where nothing is
    /// known of the log.
    pub fn of(
        recent: &Recent,
        memory: &Memory,
        history: &History,
        filter: &Filter,
    ) -> Option<Self> {
        let (range, _) = recent.parts.last()?;
        let through = range.to().as_second().div_euclid(60);
        let mut present = Self { through, ..Self::default() };
        for (event_type, seen) in memory.types.iter().filter(|(_, seen)| seen.delivered > 0) {
            present.saw(Some(event_type), seen.delivered);
        }
        for (_, part) in &recent.parts {
            present.add(part, filter);
        }
        // Memories may be lost; what is counted by the hour is not.
        let counted = |counts: &crate::statistics::HourlyCounts| {
            counts.last_with_any().map(|hour| hour.saturating_add(1).saturating_mul(60))
        };
        if let (None, Some(minute)) = (present.last, counted(&history.all)) {
            present.last = Some(minute);
        }
        for (event_type, counts) in &history.types {
            if let (false, Some(minute)) = (present.types.contains_key(event_type), counted(counts))
            {
                present.types.insert(event_type.clone(), minute);
            }
        }
        Some(present)
    }

    fn add(&mut self, part: &Rollup, filter: &Filter) {
        let hour_ago = self.through.saturating_sub(60);
        for (key, minutes) in part.minutes.iter().filter(|(key, _)| !key.of_outcomes) {
            if filter.livemode.is_some_and(|mode| key.livemode != Some(mode)) {
                continue;
            }
            let of_minutes =
                minutes.iter().filter_map(|(at, n)| Some((i64::try_from(at).ok()?, n)));
            let event_type = match &key.event_type {
                Label::Is(event_type) => Some(event_type.as_ref()),
                _ => None,
            };
            for (minute, count) in of_minutes.filter(|(_, count)| *count > 0) {
                self.saw(event_type, minute);
                if (hour_ago..self.through).contains(&minute) {
                    self.last_hour += count;
                }
            }
        }
    }

    fn saw(&mut self, event_type: Option<&str>, minute: i64) {
        self.last = Some(self.last.map_or(minute, |last| last.max(minute)));
        if let Some(event_type) = event_type {
            let last = self.types.entry(event_type.to_owned()).or_insert(minute);
            *last = (*last).max(minute);
        }
    }
}
