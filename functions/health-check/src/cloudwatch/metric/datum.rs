//! One datum as CloudWatch takes it.

use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{Dimension, MetricDatum, StandardUnit};
use jiff::Timestamp;
use shared::statistics::Sketch;

/// Different values that one datum may hold (PutMetricData).
pub(super) const MOST_VALUES: usize = 150;

/// One value; `None` where it is not finite, since CloudWatch refuses the whole call for it.
pub(super) fn gauge(
    name: &str,
    dimensions: &[(&str, &str)],
    unit: StandardUnit,
    value: f64,
    at: Timestamp,
) -> Option<MetricDatum> {
    let datum = MetricDatum::builder()
        .metric_name(name)
        .set_dimensions(self::dimensions(dimensions))
        .timestamp(DateTime::from_millis(at.as_millisecond()))
        .unit(unit)
        .value(value)
        .build();
    value.is_finite().then_some(datum)
}

/// Every value of a sketch with its count, in units of `micros` microseconds: no datum for no value.
pub(super) fn values(
    name: &str,
    dimensions: &[(&str, &str)],
    (unit, micros): (StandardUnit, f64),
    sketch: &Sketch,
    at: Timestamp,
) -> Vec<MetricDatum> {
    let (values, counts): (Vec<f64>, Vec<f64>) =
        sketch.values().map(|(value, count)| (value / micros, count as f64)).unzip();
    let parts = values.chunks(MOST_VALUES).zip(counts.chunks(MOST_VALUES));
    let datum = |(values, counts): (&[f64], &[f64])| {
        MetricDatum::builder()
            .metric_name(name)
            .set_dimensions(self::dimensions(dimensions))
            .timestamp(DateTime::from_millis(at.as_millisecond()))
            .unit(unit.clone())
            .set_values(Some(values.to_vec()))
            .set_counts(Some(counts.to_vec()))
            .build()
    };
    parts.map(datum).collect()
}

fn dimensions(pairs: &[(&str, &str)]) -> Option<Vec<Dimension>> {
    let dimension =
        |(name, value): &(&str, &str)| Dimension::builder().name(*name).value(*value).build();
    (!pairs.is_empty()).then(|| pairs.iter().map(dimension).collect())
}
