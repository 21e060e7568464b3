//! Metrics in the guide's words. Rates are shares from 0 to 1, times are seconds; what has no value is
//! null, never 0.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use shared::log::TimeRange;
use shared::metrics::{self, Filter, Performance};
use shared::report::distribution;
use shared::store::Answered;

use shared::config::OutcomesPolicy;

/// Messages in `top_errors`.
const TOP_ERRORS: usize = 10;

/// The answer.
#[derive(Debug, Serialize)]
pub struct Metrics {
    /// Hours of the range asked for.
    time_range_hours: f64,
    /// The range that the numbers are of: `from` is on a 5-minute boundary, beyond the log's retention
    /// on an hour's.
    from: Timestamp,
    /// The end of the numbers: of the range asked for, or earlier.
    through: Timestamp,
    /// Some of the range asked for is not in the numbers.
    incomplete: bool,
    /// When the log begins, where that is within the range.
    log_begins: Option<Timestamp>,
    /// When the answer was made.
    generated_at: Timestamp,
    event_type: Option<String>,
    livemode: Option<bool>,
    account: Option<String>,
    /// What the flat members are of: `outcomes` where they are expected, else `deliveries`, which say
    /// nothing of success and time.
    source: &'static str,
    #[serde(flatten)]
    flat: Flat,
    deliveries: Deliveries,
    outcomes: Outcomes,
    /// Entries that may belong to these numbers and are not in them: there was no room to tell their
    /// event type or account apart.
    uncertain: u64,
    /// Entries that are damaged or of a newer version, and in no number.
    unreadable: u64,
    /// What an operator should know about these numbers.
    notices: Vec<&'static str>,
    read: Read,
}

/// The guide's own members.
#[derive(Debug, Serialize)]
struct Flat {
    total_events: u64,
    successful_events: Option<u64>,
    failed_events: Option<u64>,
    success_rate: Option<f64>,
    error_rate: Option<f64>,
    average_processing_time: Option<f64>,
    median_processing_time: Option<f64>,
    p95_processing_time: Option<f64>,
    p99_processing_time: Option<f64>,
    events_per_minute: Option<f64>,
    events_per_hour: Option<f64>,
    peak_events_per_minute: u64,
    /// Failures by kind of error: the 100 most frequent, and the rest as `other`.
    error_distribution: BTreeMap<String, u64>,
    /// The most frequent messages, with what varies folded out.
    top_errors: Vec<(String, u64)>,
    /// Failures whose message is not among those told, since there was no room.
    other_errors: u64,
}

#[derive(Debug, Serialize)]
struct Deliveries {
    received: u64,
    duplicates: u64,
    other_endpoint: u64,
    late: u64,
    quarantined: u64,
    /// Null with a filter: refused requests have no type, mode or account that could be believed.
    rejected: Option<u64>,
    refused_genuine: Option<u64>,
    peak_per_minute: u64,
    average_lag: Option<f64>,
    median_lag: Option<f64>,
    p95_lag: Option<f64>,
    p99_lag: Option<f64>,
}

#[derive(Debug, Serialize)]
struct Outcomes {
    total: u64,
    succeeded: u64,
    failed: u64,
    success_rate: Option<f64>,
    error_rate: Option<f64>,
    retries: u64,
    late: u64,
    peak_per_minute: u64,
    average_processing_time: Option<f64>,
    median_processing_time: Option<f64>,
    p95_processing_time: Option<f64>,
    p99_processing_time: Option<f64>,
}

/// What it took to answer.
#[derive(Debug, Serialize)]
struct Read {
    rollups: u64,
    log_entries: u64,
}

impl Metrics {
    /// The answer for a range and a filter.
    pub fn new(
        policy: OutcomesPolicy,
        asked: TimeRange,
        filter: Filter,
        answered: &Answered,
        performance: &Performance,
        generated_at: Timestamp,
    ) -> Self {
        let minutes = answered.through.duration_since(answered.from).as_secs_f64() / 60.0;
        let unfiltered = filter.is_empty();
        let (source, flat) = match policy {
            OutcomesPolicy::Expected => ("outcomes", Flat::of_outcomes(performance, minutes)),
            OutcomesPolicy::None => ("deliveries", Flat::of_deliveries(performance, minutes)),
        };
        Self {
            time_range_hours: asked.to().duration_since(asked.from()).as_secs_f64() / 3_600.0,
            from: answered.from,
            through: answered.through,
            incomplete: answered.incomplete,
            log_begins: answered.log_begins,
            generated_at,
            event_type: filter.event_type,
            livemode: filter.livemode,
            account: filter.account,
            source,
            flat,
            deliveries: Deliveries::new(performance, unfiltered),
            outcomes: Outcomes::new(&performance.outcomes),
            uncertain: performance.uncertain,
            unreadable: performance.unreadable,
            notices: notices(policy, &performance.outcomes),
            read: Read { rollups: answered.rollups, log_entries: answered.entries },
        }
    }
}

fn notices(policy: OutcomesPolicy, outcomes: &metrics::Outcomes) -> Vec<&'static str> {
    match policy {
        OutcomesPolicy::None if outcomes.total() > 0 => {
            vec![
                "Outcomes are logged. Set WEBHOOK_OUTCOMES=expected to have rates and times of them.",
            ]
        }
        OutcomesPolicy::None | OutcomesPolicy::Expected => Vec::new(),
    }
}

impl Flat {
    fn of_outcomes(performance: &Performance, minutes: f64) -> Self {
        let Performance { outcomes, errors, .. } = performance;
        let time = &outcomes.processing_time;
        let top = errors.top_messages(TOP_ERRORS).into_iter();
        Self {
            successful_events: Some(outcomes.succeeded),
            failed_events: Some(outcomes.failed),
            success_rate: outcomes.success_rate(),
            error_rate: outcomes.error_rate(),
            average_processing_time: time.mean(),
            median_processing_time: time.quantile(500),
            p95_processing_time: time.quantile(950),
            p99_processing_time: time.quantile(990),
            error_distribution: distribution(errors.by_type(), outcomes.failed),
            top_errors: top.map(|(message, count)| (message.to_owned(), count)).collect(),
            other_errors: errors.other(),
            ..Self::counted(outcomes.total(), outcomes.peak_per_minute, minutes)
        }
    }

    fn of_deliveries(performance: &Performance, minutes: f64) -> Self {
        let deliveries = &performance.deliveries;
        Self::counted(deliveries.received, deliveries.peak_per_minute, minutes)
    }

    fn counted(total: u64, peak: u64, minutes: f64) -> Self {
        let per = |length: f64| (minutes > 0.0).then(|| total as f64 / minutes * length);
        Self {
            total_events: total,
            successful_events: None,
            failed_events: None,
            success_rate: None,
            error_rate: None,
            average_processing_time: None,
            median_processing_time: None,
            p95_processing_time: None,
            p99_processing_time: None,
            events_per_minute: per(1.0),
            events_per_hour: per(60.0),
            peak_events_per_minute: peak,
            error_distribution: BTreeMap::new(),
            top_errors: Vec::new(),
            other_errors: 0,
        }
    }
}

impl Deliveries {
    fn new(performance: &Performance, unfiltered: bool) -> Self {
        let deliveries = &performance.deliveries;
        Self {
            received: deliveries.received,
            duplicates: deliveries.duplicates,
            other_endpoint: deliveries.other_endpoint,
            late: deliveries.late,
            quarantined: deliveries.quarantined,
            rejected: unfiltered.then_some(performance.rejected),
            refused_genuine: unfiltered.then_some(performance.refused_genuine),
            peak_per_minute: deliveries.peak_per_minute,
            average_lag: deliveries.lag.mean(),
            median_lag: deliveries.lag.quantile(500),
            p95_lag: deliveries.lag.quantile(950),
            p99_lag: deliveries.lag.quantile(990),
        }
    }
}

impl Outcomes {
    fn new(outcomes: &metrics::Outcomes) -> Self {
        let time = &outcomes.processing_time;
        Self {
            total: outcomes.total(),
            succeeded: outcomes.succeeded,
            failed: outcomes.failed,
            success_rate: outcomes.success_rate(),
            error_rate: outcomes.error_rate(),
            retries: outcomes.retries,
            late: outcomes.late,
            peak_per_minute: outcomes.peak_per_minute,
            average_processing_time: time.mean(),
            median_processing_time: time.quantile(500),
            p95_processing_time: time.quantile(950),
            p99_processing_time: time.quantile(990),
        }
    }
}
