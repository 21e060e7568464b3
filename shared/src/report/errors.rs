//! The guide's error analytics.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::{Span, TrendView, error_trend, performance_trend};
use crate::metrics::{ErrorPattern, Failures, Filter, MOST_FOLDS, Slot, Step};
use crate::statistics::{BoundedCounts, fold_message};

/// Kinds and codes that are told; the rest is `other`.
const MOST_KINDS: usize = 100;
/// Messages that are told of a pattern.
const MESSAGES: usize = 5;
/// Event ids that are told of a pattern.
const SAMPLES: usize = 5;
/// What failures without a message are known by.
const UNKNOWN: &str = "unknown";

/// The answer of `GET /v1/errors`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ErrorAnalytics {
    /// The range.
    #[serde(flatten)]
    pub span: Span,
    /// The filter.
    pub event_type: Option<String>,
    /// The filter.
    pub livemode: Option<bool>,
    /// The filter.
    pub account: Option<String>,
    /// Outcomes that failed.
    pub total_failed_events: u64,
    /// All outcomes.
    pub total_outcomes: u64,
    /// Their share; null of none.
    pub error_rate: Option<f64>,
    /// Attempts before the failed ones, as told with them.
    pub retries: u64,
    /// Failures by kind of error, `unknown` where none was given. Adds up to all failures.
    pub error_distribution: BTreeMap<String, u64>,
    /// Failures by code, in the same way.
    pub code_distribution: BTreeMap<String, u64>,
    /// The most frequent messages, with what varies folded out.
    pub top_errors: Vec<(String, u64)>,
    /// Failures by pattern; the patterns of `patterns` and nothing else.
    pub error_patterns: BTreeMap<String, u64>,
    /// Messages that are alike as one, the most frequent first.
    pub patterns: Vec<PatternRow>,
    /// Failures in no pattern that is told: beyond the limit, beyond the 200 most frequent messages, or
    /// of a message that a roll-up had no room to tell.
    pub other_errors: u64,
    /// Whether more fails.
    pub error_trends: TrendView,
    /// Whether processing takes longer.
    pub performance_trends: TrendView,
    /// Entries that may be meant by the filter and are not in the numbers.
    pub uncertain: u64,
    /// Entries that are damaged or of a newer version, and in no number.
    pub unreadable: u64,
}

/// Messages that are alike.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PatternRow {
    /// The words that they have in common.
    pub pattern: String,
    /// Failures.
    pub count: u64,
    /// Share of all failures.
    pub share: f64,
    /// Beginning of the first window, hour or day with one.
    pub first_seen: Timestamp,
    /// End of the last window, hour or day with one.
    pub last_seen: Timestamp,
    /// Types that they hit, 50 at most.
    pub event_types: Vec<String>,
    /// The most frequent of the messages, 5 at most.
    pub messages: Vec<String>,
    /// Of the latest failures, 5 at most; fewer or none where these are long ago.
    pub sample_event_ids: Vec<String>,
}

/// A failure of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// The event.
    pub event_id: String,
    /// The message as it was told.
    pub message: Option<String>,
}

impl ErrorAnalytics {
    /// The `limit` most frequent patterns and messages. `samples` are the latest failures, newest
    /// first.
    pub fn new(
        span: Span,
        filter: Filter,
        failures: &Failures,
        (step, slots): (Step, &[Slot]),
        samples: &[Sample],
        limit: usize,
    ) -> Self {
        let patterns: Vec<PatternRow> = failures
            .patterns()
            .iter()
            .take(limit)
            .map(|pattern| PatternRow::new(pattern, failures.failed, samples))
            .collect();
        let top = failures.messages().into_iter().take(limit.min(MOST_FOLDS));
        let told: u64 = patterns.iter().map(|pattern| pattern.count).sum();
        let mut error_patterns = BTreeMap::new();
        for row in &patterns {
            *error_patterns.entry(row.pattern.clone()).or_default() += row.count;
        }
        Self {
            span,
            event_type: filter.event_type,
            livemode: filter.livemode,
            account: filter.account,
            total_failed_events: failures.failed,
            total_outcomes: failures.outcomes,
            error_rate: (failures.outcomes > 0)
                .then(|| failures.failed as f64 / failures.outcomes as f64),
            retries: failures.retries,
            error_distribution: distribution(failures.kinds(), failures.failed),
            code_distribution: distribution(failures.codes(), failures.failed),
            top_errors: top.map(|(message, fold)| (message.to_owned(), fold.count)).collect(),
            error_patterns,
            patterns,
            other_errors: failures.failed.saturating_sub(told),
            error_trends: error_trend(step, slots),
            performance_trends: performance_trend(step, slots),
            uncertain: failures.uncertain,
            unreadable: failures.unreadable,
        }
    }
}

impl PatternRow {
    fn new(found: &ErrorPattern, failed: u64, samples: &[Sample]) -> Self {
        let ErrorPattern { pattern, fold, messages } = found;
        let is_one = |sample: &&Sample| {
            let message = sample.message.as_deref().map(fold_message);
            messages.iter().any(|ours| *ours == message.as_deref().unwrap_or(UNKNOWN))
        };
        let mut ids: Vec<String> = Vec::new();
        for sample in samples.iter().filter(is_one) {
            if ids.len() < SAMPLES && !ids.contains(&sample.event_id) {
                ids.push(sample.event_id.clone());
            }
        }
        Self {
            pattern: pattern.clone(),
            count: fold.count,
            share: fold.count as f64 / failed.max(1) as f64,
            first_seen: fold.first.from(),
            last_seen: fold.last_seen,
            event_types: fold.event_types.iter().map(|name| name.to_string()).collect(),
            messages: messages.iter().take(MESSAGES).cloned().collect(),
            sample_event_ids: ids,
        }
    }
}

/// Failures by kind, the 100 most frequent; what has no room, or was not told by a rollup, is `other`,
/// so that they add up to all that failed.
pub fn distribution(counts: BTreeMap<String, u64>, failed: u64) -> BTreeMap<String, u64> {
    let mut kinds = BoundedCounts::new(counts, 0);
    kinds.bound(MOST_KINDS);
    let mut told: BTreeMap<String, u64> =
        kinds.iter().map(|(kind, count)| (kind.clone(), count)).collect();
    let other = failed.saturating_sub(told.values().sum());
    if other > 0 {
        *told.entry("other".to_owned()).or_default() += other;
    }
    told
}
