//! Metrics and their data: every value as it came, so that any statistic of any period can be made.

use std::collections::BTreeMap;
use std::ops::Range;

use super::alarm::Dimension;
use super::statistic::{Summary, Values};

/// What one data point of a metric was made of.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sample {
    pub(super) unit: String,
    pub(super) values: Values,
}

/// A metric: a namespace, a name and exactly these dimensions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Metric {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its dimensions, by name.
    pub dimensions: BTreeMap<String, String>,
}

/// The samples of every metric, by time: milliseconds since 1970.
#[derive(Clone, Debug, Default)]
pub(super) struct Metrics(BTreeMap<Metric, BTreeMap<i64, Vec<Sample>>>);

/// How long data is kept: a little more than the two weeks that a timestamp may lie back.
const KEPT_MS: i64 = 15 * 24 * 60 * 60 * 1000;

/// The unit of data that names none.
pub(super) const NO_UNIT: &str = "None";

impl Metric {
    pub(super) fn new(namespace: &str, name: &str, dimensions: &[Dimension]) -> Self {
        let dimensions = dimensions.iter().map(|d| (d.name.clone(), d.value.clone()));
        Self {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            dimensions: dimensions.collect(),
        }
    }
}

impl Metrics {
    /// Adds a sample, and forgets what of its metric is too old.
    pub(super) fn put(&mut self, metric: Metric, at_ms: i64, now_ms: i64, sample: Sample) {
        let samples = self.0.entry(metric).or_default();
        samples.entry(at_ms).or_default().push(sample);
        while samples.first_key_value().is_some_and(|(at, _)| *at < now_ms - KEPT_MS) {
            samples.pop_first();
        }
    }

    /// What a metric's data of a range comes to, of one unit or of any.
    pub(super) fn summary(
        &self,
        metric: &Metric,
        range_ms: Range<i64>,
        unit: Option<&str>,
    ) -> Summary {
        let mut summary = Summary::default();
        let samples = self.0.get(metric).filter(|_| !range_ms.is_empty());
        for sample in samples.into_iter().flat_map(|samples| samples.range(range_ms.clone())) {
            for sample in sample.1 {
                if unit.is_none_or(|unit| unit == sample.unit) {
                    summary.add(&sample.values);
                }
            }
        }
        summary
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &Metric> {
        self.0.keys()
    }
}
