//! What was sent, and what it adds up to: a plain count that shares nothing with roll-ups.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::question::{Facts, Question};

/// Everything that was sent. Times are given where they are known beforehand: a live entry's is the
/// function's own.
#[derive(Clone, Default)]
pub(super) struct Ledger {
    pub(super) deliveries: Vec<Sent>,
    pub(super) outcomes: Vec<Told>,
    pub(super) rejected: u64,
}

/// A genuine delivery.
#[derive(Clone)]
pub(super) struct Sent {
    pub(super) at: Option<Timestamp>,
    pub(super) facts: Facts,
    pub(super) duplicate: bool,
    pub(super) late: bool,
    pub(super) quarantined: bool,
}

/// An outcome.
#[derive(Clone)]
pub(super) struct Told {
    pub(super) at: Option<Timestamp>,
    pub(super) facts: Facts,
    /// Kind of error of a failure.
    pub(super) error: Option<&'static str>,
    pub(super) micros: u64,
    pub(super) retries: u32,
}

/// A number of an answer: where it stands, what it should be, and by what share it may differ.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) pointer: &'static str,
    pub(super) expected: Value,
    pub(super) tolerance: f64,
}

impl Ledger {
    /// Both together.
    pub(super) fn sum(a: &Self, b: &Self) -> Self {
        Self {
            deliveries: [a.deliveries.clone(), b.deliveries.clone()].concat(),
            outcomes: [a.outcomes.clone(), b.outcomes.clone()].concat(),
            rejected: a.rejected + b.rejected,
        }
    }

    /// Every number that a question should be answered with.
    pub(super) fn rows(&self, question: &Question) -> Vec<Row> {
        let sent: Vec<&Sent> =
            self.deliveries.iter().filter(|sent| question.means(&sent.facts)).collect();
        let told: Vec<&Told> =
            self.outcomes.iter().filter(|told| question.means(&told.facts)).collect();
        let count = |what: &dyn Fn(&Sent) -> bool| json!(sent.iter().filter(|s| what(s)).count());
        let failed = told.iter().filter(|told| told.error.is_some()).count();
        let mut errors: BTreeMap<&str, usize> = BTreeMap::new();
        told.iter().filter_map(|t| t.error).for_each(|e| *errors.entry(e).or_default() += 1);
        let mut times: Vec<u64> = told.iter().map(|told| told.micros).collect();
        times.sort_unstable();
        let mean = times.iter().sum::<u64>() as f64 / times.len() as f64 / 1e6;
        let exact = |name, pointer, expected| Row { name, pointer, expected, tolerance: 0.0 };
        let close = |name, pointer, expected| Row { name, pointer, expected, tolerance: 0.01 };
        let mut rows = vec![
            exact("received", "/deliveries/received", count(&|s| !s.duplicate)),
            exact("duplicates", "/deliveries/duplicates", count(&|s| s.duplicate)),
            exact("late", "/deliveries/late", count(&|s| s.late)),
            exact("quarantined", "/deliveries/quarantined", count(&|s| s.quarantined)),
            exact("outcomes", "/total_events", json!(told.len())),
            exact("succeeded", "/successful_events", json!(told.len() - failed)),
            exact("failed", "/failed_events", json!(failed)),
            exact("error rate", "/error_rate", json!(failed as f64 / told.len() as f64)),
            exact(
                "retries",
                "/outcomes/retries",
                json!(told.iter().map(|t| t.retries).sum::<u32>()),
            ),
            exact("errors", "/error_distribution", json!(errors)),
            exact("average time", "/average_processing_time", json!(mean)),
            close("median time", "/median_processing_time", json!(nearest_rank(&times, 500))),
            close("p95 time", "/p95_processing_time", json!(nearest_rank(&times, 950))),
            close("p99 time", "/p99_processing_time", json!(nearest_rank(&times, 990))),
        ];
        if question.is_of_all() {
            rows.push(exact("rejected", "/deliveries/rejected", json!(self.rejected)));
        }
        let received = || sent.iter().filter(|sent| !sent.duplicate).map(|sent| sent.at);
        if let (Some(deliveries), Some(outcomes)) =
            (peak(received()), peak(told.iter().map(|t| t.at)))
        {
            rows.push(exact("peak a minute", "/deliveries/peak_per_minute", json!(deliveries)));
            rows.push(exact("peak outcomes", "/peak_events_per_minute", json!(outcomes)));
        }
        rows
    }
}

/// In seconds.
fn nearest_rank(sorted: &[u64], per_mille: usize) -> Option<f64> {
    let rank = (sorted.len() * per_mille).div_ceil(1_000).max(1);
    sorted.get(rank - 1).map(|micros| *micros as f64 / 1e6)
}

/// The most in a minute, where all times are known.
fn peak(times: impl Iterator<Item = Option<Timestamp>>) -> Option<u64> {
    let mut minutes: BTreeMap<i64, u64> = BTreeMap::new();
    for at in times {
        *minutes.entry(at?.as_second().div_euclid(60)).or_default() += 1;
    }
    Some(minutes.into_values().max().unwrap_or_default())
}
