//! Failures of a range: what they failed with, since when, and which types they hit.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::{Filter, Match};
use crate::log::TimeRange;
use crate::rollup::{Label, Rollup, Status};
use crate::statistics::{BoundedCounts, patterns};

/// Messages, kinds and codes that are told apart; the most frequent stay when there are twice as many.
const MOST: usize = 1_000;
/// Messages that patterns are made of, the most frequent ones.
pub const MOST_FOLDS: usize = 200;
/// Event types that are told of a message.
const MOST_TYPES: usize = 50;
/// Stands for what a caller did not give.
const UNKNOWN: &str = "unknown";

/// Failures with one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fold {
    /// How many.
    pub count: u64,
    /// The first window, hour or day with one: as exact as what answers for the range.
    pub first: TimeRange,
    /// How many in that one.
    in_first: u64,
    /// End of the last window, hour or day with one.
    pub last_seen: Timestamp,
    /// Types that they hit, the first 50 by name.
    pub event_types: BTreeSet<Arc<str>>,
}

/// Messages that are alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorPattern {
    /// The words that they have in common; `<*>` stands for others.
    pub pattern: String,
    /// All failures with one of them.
    pub fold: Fold,
    /// The messages, most frequent first.
    pub messages: Vec<String>,
}

/// What failed outcomes failed with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Failures {
    /// Outcomes.
    pub outcomes: u64,
    /// Of these, the failed ones.
    pub failed: u64,
    /// Attempts before them, as told with them.
    pub retries: u64,
    kinds: BoundedCounts<Arc<str>>,
    codes: BoundedCounts<Arc<str>>,
    folds: BTreeMap<Arc<str>, Fold>,
    /// Entries that may be meant by the filter and are not counted.
    pub uncertain: u64,
    /// Entries that this version cannot read.
    pub unreadable: u64,
}

impl Failures {
    /// Adds a part of the range.
    pub fn add(&mut self, range: TimeRange, part: &Rollup, filter: &Filter) {
        self.unreadable += part.unreadable;
        for (key, measure) in part.cells.iter().filter(|(key, _)| key.status.is_outcome()) {
            match filter.matches(
                key.status.is_outcome(),
                &key.event_type,
                key.livemode,
                &key.account,
            ) {
                Match::Yes => {
                    self.outcomes += measure.count;
                    self.failed += if key.status == Status::Failed { measure.count } else { 0 };
                    if key.status == Status::Failed {
                        self.retries = self.retries.saturating_add(measure.retries);
                    }
                }
                Match::Perhaps => self.uncertain += measure.count,
                Match::No => {}
            }
        }
        for (key, count) in part.errors.iter() {
            if filter.matches(true, &key.event_type, key.livemode, &key.account) != Match::Yes {
                continue;
            }
            count_label(&mut self.kinds, &key.error_type, count);
            count_label(&mut self.codes, &key.error_code, count);
            if let Some(message) = told(&key.message) {
                self.add_fold(message, count, range, &key.event_type);
            }
        }
        self.bound();
    }

    fn add_fold(&mut self, message: Arc<str>, count: u64, range: TimeRange, event_type: &Label) {
        let fold = self.folds.entry(message).or_insert_with(|| Fold {
            count: 0,
            first: range,
            in_first: 0,
            last_seen: range.to(),
            event_types: BTreeSet::new(),
        });
        fold.count += count;
        fold.see_first(range, count);
        fold.last_seen = fold.last_seen.max(range.to());
        if let Label::Is(event_type) = event_type
            && !fold.event_types.contains(event_type)
        {
            fold.event_types.insert(event_type.clone());
            fold.bound();
        }
    }

    fn bound(&mut self) {
        for counts in [&mut self.kinds, &mut self.codes] {
            if counts.len() > 2 * MOST {
                counts.bound(MOST);
            }
        }
        if self.folds.len() > 2 * MOST {
            let mut ranked: Vec<_> = std::mem::take(&mut self.folds).into_iter().collect();
            ranked.sort_by_key(|(_, fold)| Reverse(fold.count));
            ranked.truncate(MOST);
            self.folds = ranked.into_iter().collect();
        }
    }

    /// Tells when a message was first seen as exactly as a finer reading of a part of the range does, if that
    /// found every failure with it: one that it misses may have been the first.
    pub fn sharpen(&mut self, finer: &Self) {
        for (message, exact) in &finer.folds {
            let Some(fold) = self.folds.get_mut(message) else { continue };
            let is_part =
                fold.first.from() <= exact.first.from() && exact.first.to() <= fold.first.to();
            if is_part && exact.count == fold.in_first {
                fold.first = exact.first;
                fold.in_first = exact.in_first;
            }
        }
    }

    /// Failures by kind, `unknown` where the caller gave none; what is not told is missing from their
    /// sum.
    pub fn kinds(&self) -> BTreeMap<String, u64> {
        self.kinds.iter().map(|(kind, count)| (kind.to_string(), count)).collect()
    }

    /// Failures by code, in the same way.
    pub fn codes(&self) -> BTreeMap<String, u64> {
        self.codes.iter().map(|(code, count)| (code.to_string(), count)).collect()
    }

    /// Messages, with what varies folded out, the most frequent first, of equally frequent ones the
    /// first by name.
    pub fn messages(&self) -> Vec<(&str, &Fold)> {
        let mut ranked: Vec<_> =
            self.folds.iter().map(|(text, fold)| (text.as_ref(), fold)).collect();
        ranked.sort_by_key(|(_, fold)| Reverse(fold.count));
        ranked
    }

    /// The 200 most frequent messages by what they have in common, the most frequent first.
    pub fn patterns(&self) -> Vec<ErrorPattern> {
        let mut messages = self.messages();
        messages.truncate(MOST_FOLDS);
        let texts: Vec<&str> = messages.iter().map(|(text, _)| *text).collect();
        let mut found: Vec<ErrorPattern> = patterns(&texts)
            .into_iter()
            .filter_map(|pattern| {
                let mut members = pattern.members.iter().filter_map(|place| messages.get(*place));
                let (first, fold) = members.next()?;
                let mut whole = ErrorPattern {
                    pattern: pattern.text,
                    fold: (*fold).clone(),
                    messages: vec![(*first).to_owned()],
                };
                for (message, fold) in members {
                    whole.fold.merge(fold);
                    whole.messages.push((*message).to_owned());
                }
                Some(whole)
            })
            .collect();
        found.sort_by_key(|pattern| Reverse(pattern.fold.count));
        found
    }
}

impl Fold {
    fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.see_first(other.first, other.in_first);
        self.last_seen = self.last_seen.max(other.last_seen);
        self.event_types.extend(other.event_types.iter().cloned());
        self.bound();
    }

    fn see_first(&mut self, range: TimeRange, count: u64) {
        if range.from() < self.first.from() {
            (self.first, self.in_first) = (range, 0);
        }
        if range == self.first {
            self.in_first += count;
        }
    }

    fn bound(&mut self) {
        while self.event_types.len() > MOST_TYPES {
            self.event_types.pop_last();
        }
    }
}

/// The value, `unknown` where there is none; `None` where a roll-up had no room to tell it.
fn told(label: &Label) -> Option<Arc<str>> {
    match label {
        Label::All | Label::Other => None,
        Label::Missing => Some(UNKNOWN.into()),
        Label::Is(value) => Some(value.clone()),
    }
}

fn count_label(counts: &mut BoundedCounts<Arc<str>>, label: &Label, count: u64) {
    match told(label) {
        Some(value) => counts.add(value, count, usize::MAX),
        None => counts.add_other(count),
    }
}
