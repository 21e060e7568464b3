//! PutMetricData.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Refused, invalid};
use crate::cloudwatch::alarm::Dimension;
use crate::cloudwatch::metric::{Metric, NO_UNIT, Sample};
use crate::cloudwatch::state::State;
use crate::cloudwatch::statistic::Values;

const MOST_DATA: usize = 1_000;
const MOST_VALUES: usize = 150;
const MOST_DIMENSIONS: usize = 30;
const LONGEST: f64 = 1.3e108;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Data {
    namespace: String,
    metric_data: Vec<Datum>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Datum {
    metric_name: String,
    #[serde(default)]
    dimensions: Vec<Dimension>,
    /// Seconds since 1970.
    timestamp: Option<f64>,
    value: Option<f64>,
    #[serde(default)]
    values: Vec<f64>,
    #[serde(default)]
    counts: Vec<f64>,
    statistic_values: Option<StatisticSet>,
    unit: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct StatisticSet {
    sample_count: f64,
    sum: f64,
    minimum: f64,
    maximum: f64,
}

pub(super) fn put_metric_data(
    state: &mut State,
    data: Data,
    now: Timestamp,
) -> Result<Value, Refused> {
    if data.metric_data.len() > MOST_DATA {
        return Err(invalid("a call has at most 1000 metrics"));
    }
    if data.namespace.is_empty() || data.namespace.starts_with("AWS/") {
        return Err(invalid("Namespace must not begin with AWS/"));
    }
    let mut samples = Vec::new();
    for datum in data.metric_data {
        samples.push(sample(&data.namespace, datum, now)?);
    }
    for (metric, at, sample) in samples {
        state.put_sample(metric, at, now, sample);
    }
    Ok(json!({}))
}

fn sample(
    namespace: &str,
    datum: Datum,
    now: Timestamp,
) -> Result<(Metric, Timestamp, Sample), Refused> {
    let values = match (datum.value, datum.values.is_empty()) {
        (None, true) if datum.statistic_values.is_some() => Vec::new(),
        (Some(value), true) => vec![(value, 1.0)],
        (None, false) if datum.counts.is_empty() => {
            datum.values.iter().map(|value| (*value, 1.0)).collect()
        }
        (None, false) if datum.counts.len() == datum.values.len() => {
            datum.values.iter().copied().zip(datum.counts).collect()
        }
        _ => return Err(invalid("a metric has Value, or Values with as many Counts")),
    };
    let in_range = |(value, count): &(f64, f64)| value.abs() <= LONGEST && *count > 0.0;
    if values.len() > MOST_VALUES || !values.iter().all(in_range) {
        return Err(invalid("Values are at most 150 finite numbers with counts above 0"));
    }
    let fits = |text: &str, most: usize| {
        text.len() <= most && text.is_ascii() && !text.trim().is_empty() && !text.starts_with(':')
    };
    let dimensions = &datum.dimensions;
    let sound = dimensions.len() <= MOST_DIMENSIONS
        && dimensions.iter().all(|of| fits(&of.name, 255) && fits(&of.value, 1_024));
    if !fits(&datum.metric_name, 255) || !sound {
        return Err(invalid("a metric's name and dimensions are ASCII, not blank, not too long"));
    }
    let at = match datum.timestamp {
        None => now,
        Some(seconds) => Timestamp::from_millisecond((seconds * 1e3) as i64)
            .map_err(|_| invalid("Timestamp is none"))?,
    };
    let (first, last) =
        (now - SignedDuration::from_hours(14 * 24), now + SignedDuration::from_hours(2));
    if !(first..=last).contains(&at) {
        return Err(invalid("Timestamp is more than two weeks ago or two hours ahead"));
    }
    let metric = Metric::new(namespace, &datum.metric_name, dimensions);
    let unit = datum.unit.unwrap_or_else(|| NO_UNIT.to_owned());
    let values = match datum.statistic_values {
        None => Values::Counted(values),
        Some(StatisticSet { sample_count: count, sum, minimum, maximum }) => {
            Values::Set { count, sum, minimum, maximum }
        }
    };
    Ok((metric, at, Sample { unit, values }))
}
