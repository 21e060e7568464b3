//! Making a rollup small: fewer things told apart, the same sums.
//!
//! What is kept depends on the rollup's content alone, so two readings of the same log entries are
//! stored as the same bytes; but for a window so full that folding had to stop telling things apart
//! (20,000 cells, 10,000 errors or addresses), which keeps what came first. Sums are the same even then.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::peaks::peaks;
use super::{CellKey, ErrorKey, Grain, Label, MinuteKey, Rollup};

/// Errors told apart in totals, the first number of them with which totals are small enough; as many
/// more are told apart by kind.
const ERRORS_OF_TOTALS: [usize; 4] = [12, 6, 3, 1];
/// Bytes of stored totals, but for their sketches, which are as wide as durations differ.
const MOST_BYTES_OF_TOTALS: usize = 4_000;
/// Addresses told apart in a stored rollup.
const MOST_SOURCES: usize = 100;
/// Estimated bytes of a stored rollup, before compression; DynamoDB takes items of 400 KB.
const MOST_BYTES: usize = 300_000;
/// Bytes of a stored day, as it is stored: its sketches are wider than an hour's, of which there are 24, and
/// must not cost it what hours tell apart.
const MOST_BYTES_OF_A_DAY: usize = 300_000;

/// How many values are told apart.
#[derive(Clone, Copy)]
struct Limits {
    event_types: usize,
    entity_types: usize,
    accounts: usize,
    api_versions: usize,
    /// As many more are told apart by kind.
    errors: usize,
}

/// The first that is small enough is taken. Stripe knows about 250 event types that a webhook can have.
const LIMITS: [Limits; 6] = [
    Limits { event_types: 256, entity_types: 128, accounts: 256, api_versions: 16, errors: 200 },
    Limits { event_types: 256, entity_types: 128, accounts: 64, api_versions: 8, errors: 100 },
    Limits { event_types: 256, entity_types: 64, accounts: 8, api_versions: 4, errors: 50 },
    Limits { event_types: 256, entity_types: 64, accounts: 0, api_versions: 0, errors: 20 },
    Limits { event_types: 64, entity_types: 16, accounts: 0, api_versions: 0, errors: 12 },
    Limits { event_types: 12, entity_types: 0, accounts: 0, api_versions: 0, errors: 12 },
];

/// Which values of a label are told apart.
enum Keep {
    Every,
    These(BTreeSet<Arc<str>>),
    None,
}

impl Keep {
    fn label(&self, label: &Label) -> Label {
        match (self, label) {
            (Self::None, _) => Label::All,
            (Self::These(kept), Label::Is(value)) if !kept.contains(value) => Label::Other,
            (Self::Every | Self::These(_), label) => label.clone(),
        }
    }
}

struct Kept {
    event_types: Keep,
    entity_types: Keep,
    accounts: Keep,
    api_versions: Keep,
    /// Category and level.
    classes: Keep,
}

impl Rollup {
    /// The same with status and mode alone told apart, and the most frequent errors: a few KB at any
    /// rate.
    pub fn totals(&self) -> Self {
        let nothing = Kept {
            event_types: Keep::None,
            entity_types: Keep::None,
            accounts: Keep::None,
            api_versions: Keep::None,
            classes: Keep::None,
        };
        let mut totals = self.told_apart_by(&nothing);
        totals.sources.bound(0);
        for most in ERRORS_OF_TOTALS {
            totals.errors.bound_by(most, of_its_kind);
            if totals.encoded_bytes() <= MOST_BYTES_OF_TOTALS {
                break;
            }
        }
        totals
    }

    /// The same, small enough to be stored for a stretch of a length; its totals where nothing else is. A
    /// day keeps of its minutes those that a peak can be in.
    pub fn bounded(&self, grain: Grain) -> Self {
        let of_a_day = match grain {
            Grain::Window | Grain::Hour => None,
            Grain::Day => Some(Self { minutes: peaks(&self.minutes), ..self.clone() }),
        };
        let whole = of_a_day.as_ref().unwrap_or(self);
        let is_small = |bounded: &Self| {
            bounded.estimated_bytes() <= MOST_BYTES
                || of_a_day.is_some() && bounded.encoded_bytes() <= MOST_BYTES_OF_A_DAY
        };
        let mut bounded = LIMITS.into_iter().map(|limits| whole.within(limits));
        bounded.find(is_small).unwrap_or_else(|| whole.totals())
    }

    fn within(&self, limits: Limits) -> Self {
        let kept = Kept {
            event_types: self.most_frequent(limits.event_types, |key| &key.event_type),
            entity_types: self.most_frequent(limits.entity_types, |key| &key.entity_type),
            accounts: self.most_frequent(limits.accounts, |key| &key.account),
            api_versions: self.most_frequent(limits.api_versions, |key| &key.api_version),
            classes: Keep::Every,
        };
        let mut bounded = self.told_apart_by(&kept);
        bounded.errors.bound_by(limits.errors, of_its_kind);
        bounded.sources.bound(MOST_SOURCES);
        bounded
    }

    /// The values of a label that most entries have, of equally frequent ones the first.
    fn most_frequent(&self, most: usize, label: impl Fn(&CellKey) -> &Label) -> Keep {
        let mut counts: BTreeMap<&Arc<str>, u64> = BTreeMap::new();
        for (key, measure) in &self.cells {
            if let Label::Is(value) = label(key) {
                *counts.entry(value).or_default() += measure.count;
            }
        }
        if counts.len() <= most {
            return Keep::Every;
        }
        let mut ranked: Vec<_> = counts.into_iter().collect();
        ranked.sort_by_key(|(_, count)| Reverse(*count));
        Keep::These(ranked.into_iter().take(most).map(|(value, _)| value.clone()).collect())
    }

    fn told_apart_by(&self, kept: &Kept) -> Self {
        let mut coarser = Self {
            rejections: self.rejections.clone(),
            sources: self.sources.clone(),
            store_time: self.store_time.clone(),
            unreadable: self.unreadable,
            ..Self::default()
        };
        for (key, measure) in &self.cells {
            coarser.cells.entry(kept.cell(key)).or_default().merge(measure);
        }
        for (key, minutes) in &self.minutes {
            coarser.minutes.entry(kept.minute(key)).or_default().merge(minutes);
        }
        for (key, n) in self.errors.iter() {
            coarser.errors.add(kept.error(key), n, usize::MAX);
        }
        coarser.errors.add_other(self.errors.other());
        coarser
    }

    fn encoded_bytes(&self) -> usize {
        self.encode().map_or(usize::MAX, |encoded| encoded.len())
    }

    fn estimated_bytes(&self) -> usize {
        let cells: usize = self.cells.values().map(|measure| 24 + 3 * measure.times.bins()).sum();
        let minutes: usize = self.minutes.values().map(|minutes| 12 + 3 * minutes.len()).sum();
        let of_cells = self
            .cells
            .keys()
            .flat_map(|key| [&key.event_type, &key.entity_type, &key.api_version, &key.account]);
        let of_errors = self
            .errors
            .iter()
            .flat_map(|(key, _)| [&key.error_type, &key.error_code, &key.message]);
        let texts: BTreeSet<&str> = of_cells.chain(of_errors).filter_map(Label::value).collect();
        cells + minutes + texts.into_iter().map(|text| text.len() + 2).sum::<usize>()
    }
}

/// An error of which only the kind is told.
fn of_its_kind(key: ErrorKey) -> ErrorKey {
    ErrorKey { error_code: Label::Other, message: Label::Other, ..key }
}

impl Kept {
    fn cell(&self, key: &CellKey) -> CellKey {
        let event_type = self.event_types.label(&key.event_type);
        let entity_type = match event_type {
            Label::Other => Label::Other,
            _ => self.entity_types.label(&key.entity_type),
        };
        CellKey {
            status: key.status,
            event_type,
            entity_type,
            category: self.classes.label(&key.category),
            level: self.classes.label(&key.level),
            livemode: key.livemode,
            api_version: self.api_versions.label(&key.api_version),
            account: self.accounts.label(&key.account),
        }
    }

    fn minute(&self, key: &MinuteKey) -> MinuteKey {
        MinuteKey {
            of_outcomes: key.of_outcomes,
            event_type: self.event_types.label(&key.event_type),
            livemode: key.livemode,
            account: self.accounts.label(&key.account),
        }
    }

    fn error(&self, key: &ErrorKey) -> ErrorKey {
        ErrorKey {
            event_type: self.event_types.label(&key.event_type),
            account: self.accounts.label(&key.account),
            ..key.clone()
        }
    }
}

#[cfg(test)]
mod tests;
