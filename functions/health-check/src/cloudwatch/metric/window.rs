//! What a window of the log adds up to, as data.

use aws_sdk_cloudwatch::types::{MetricDatum, StandardUnit};
use shared::rollup::{Bucket, Rollup, Status};
use shared::statistics::Sketch;

use super::datum::{gauge, values};
use crate::cloudwatch::names;

/// Event types that may have metrics of their own: each is six more to pay for.
pub const MOST_TYPES: usize = 5;
/// Longest value of a dimension (PutMetricData).
const LONGEST_TYPE: usize = 1_024;

const SECONDS: (StandardUnit, f64) = (StandardUnit::Seconds, 1e6);
const MILLISECONDS: (StandardUnit, f64) = (StandardUnit::Milliseconds, 1e3);

/// The data of a window, stamped with its start. Counts are there when they are 0; durations are not
/// when there are none. `event_types` also get metrics of their own: the first 5 of those that can be a
/// dimension's value. To be published once for a window, since CloudWatch adds up.
pub fn window_data(bucket: Bucket, rollup: &Rollup, event_types: &[String]) -> Vec<MetricDatum> {
    let mut data = of_type(bucket, rollup, None);
    let at = bucket.start;
    let rejected = [(names::OUTCOME, names::REJECTED)];
    data.extend(gauge(names::EVENTS, &rejected, StandardUnit::Count, rollup.rejected() as f64, at));
    data.extend(values(names::STORE_TIME, &[], MILLISECONDS, &rollup.store_time, at));
    let usable = |event_type: &&String| {
        !event_type.trim().is_empty() && event_type.is_ascii() && event_type.len() <= LONGEST_TYPE
    };
    for event_type in event_types.iter().filter(usable).take(MOST_TYPES) {
        data.extend(of_type(bucket, rollup, Some(event_type)));
    }
    data
}

/// Counts and durations of one type, or of all.
fn of_type(bucket: Bucket, rollup: &Rollup, event_type: Option<&str>) -> Vec<MetricDatum> {
    let (mut received, mut duplicate, mut succeeded, mut failed) = (0, 0, 0, 0);
    let (mut processing, mut lag) = (Sketch::default(), Sketch::default());
    for (key, measure) in &rollup.cells {
        if event_type.is_some() && key.event_type.value() != event_type {
            continue;
        }
        *match key.status {
            Status::Received | Status::Quarantined => &mut received,
            Status::Duplicate | Status::OtherEndpoint => &mut duplicate,
            Status::Succeeded => &mut succeeded,
            Status::Failed => &mut failed,
        } += measure.count;
        if key.status.is_outcome() {
            processing.merge(&measure.times);
        } else if key.status.is_first_delivery() {
            lag.merge(&measure.times);
        }
    }
    let of_type = event_type.map(|event_type| (names::EVENT_TYPE, event_type));
    let counts = [
        (names::RECEIVED, received),
        (names::DUPLICATE, duplicate),
        (names::SUCCEEDED, succeeded),
        (names::FAILED, failed),
    ];
    let mut data = Vec::new();
    for (outcome, count) in counts {
        let dimensions: Vec<_> = of_type.into_iter().chain([(names::OUTCOME, outcome)]).collect();
        let count = count as f64;
        data.extend(gauge(names::EVENTS, &dimensions, StandardUnit::Count, count, bucket.start));
    }
    for (name, sketch) in [(names::PROCESSING_TIME, &processing), (names::DELIVERY_LAG, &lag)] {
        data.extend(values(name, of_type.as_slice(), SECONDS, sketch, bucket.start));
    }
    data
}
