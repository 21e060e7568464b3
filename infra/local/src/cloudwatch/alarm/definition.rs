//! Alarms as they are put: as the wire and the template write them.

use serde::{Deserialize, Serialize};

/// A metric alarm as `PutMetricAlarm` takes it. What the stand-in cannot evaluate (metric maths,
/// anomaly bands, PromQL, warm-up) is refused by name and not left out in silence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct MetricAlarm {
    /// Its name, 1-255 characters, unique among all alarms.
    pub alarm_name: String,
    /// What it means and what to do, at most 1,024 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alarm_description: Option<String>,
    /// Whether a change of state notifies anybody; by default it does.
    #[serde(default = "yes")]
    pub actions_enabled: bool,
    /// ARNs that are told when it turns OK, at most 5.
    #[serde(default, rename = "OKActions")]
    pub ok_actions: Vec<String>,
    /// ARNs that are told when it turns ALARM, at most 5.
    #[serde(default)]
    pub alarm_actions: Vec<String>,
    /// ARNs that are told when it turns INSUFFICIENT_DATA, at most 5.
    #[serde(default)]
    pub insufficient_data_actions: Vec<String>,
    /// The namespace of the metric.
    pub namespace: String,
    /// The name of the metric.
    pub metric_name: String,
    /// The dimensions of the metric: exactly these.
    #[serde(default)]
    pub dimensions: Vec<Dimension>,
    /// `Sum`, `Average`, `Minimum`, `Maximum` or `SampleCount`; this or the next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statistic: Option<String>,
    /// A percentile, `p95` say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extended_statistic: Option<String>,
    /// Seconds of one data point: 10, 20, 30 or a multiple of 60.
    pub period: u32,
    /// The unit of the data that it looks at; by default any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// N: how many periods it looks at.
    pub evaluation_periods: u32,
    /// M: how many of them must breach; by default all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub datapoints_to_alarm: Option<u32>,
    /// The value that is compared with.
    pub threshold: f64,
    /// What counts as breaching.
    pub comparison_operator: Comparison,
    /// What a period without data counts as; by default `missing`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub treat_missing_data: Option<MissingData>,
    /// Whether a percentile of few values counts; by default it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluate_low_sample_count_percentile: Option<LowSampleCount>,
    /// Tags for a new alarm, at most 50; an update leaves those that it has.
    #[serde(default, skip_serializing)]
    pub tags: Vec<Tag>,
}

/// A composite alarm as `PutCompositeAlarm` takes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct CompositeAlarm {
    /// Its name, 1-255 characters, unique among all alarms.
    pub alarm_name: String,
    /// What it means and what to do, at most 1,024 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alarm_description: Option<String>,
    /// Whether a change of state notifies anybody; by default it does.
    #[serde(default = "yes")]
    pub actions_enabled: bool,
    /// ARNs that are told when it turns OK, at most 5.
    #[serde(default, rename = "OKActions")]
    pub ok_actions: Vec<String>,
    /// ARNs that are told when it turns ALARM, at most 5.
    #[serde(default)]
    pub alarm_actions: Vec<String>,
    /// ARNs that are told when it turns INSUFFICIENT_DATA, at most 5.
    #[serde(default)]
    pub insufficient_data_actions: Vec<String>,
    /// The expression over other alarms' states.
    pub alarm_rule: String,
    /// The alarm, by name or ARN, during whose ALARM nobody is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actions_suppressor: Option<String>,
    /// Seconds that a change waits for the suppressor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actions_suppressor_wait_period: Option<u32>,
    /// Seconds for which nobody is told after the suppressor's ALARM.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actions_suppressor_extension_period: Option<u32>,
    /// Tags for a new alarm, at most 50; an update leaves those that it has.
    #[serde(default, skip_serializing)]
    pub tags: Vec<Tag>,
}

/// One dimension of a metric.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Dimension {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// One tag of an alarm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Tag {
    /// Its key, 1-128 characters.
    pub key: String,
    /// Its value, at most 256 characters.
    pub value: String,
}

/// How a data point is compared with the threshold to tell whether it breaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::enum_variant_names, reason = "CloudWatch's names")]
pub enum Comparison {
    /// At least the threshold.
    GreaterThanOrEqualToThreshold,
    /// Above it.
    GreaterThanThreshold,
    /// Below it.
    LessThanThreshold,
    /// At most the threshold.
    LessThanOrEqualToThreshold,
}

/// What a period without data counts as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum MissingData {
    /// As a data point that breaches.
    Breaching,
    /// As one that does not.
    NotBreaching,
    /// As no reason to change the state.
    Ignore,
    /// As nothing: without any data the state is INSUFFICIENT_DATA.
    #[default]
    Missing,
}

/// Whether a percentile of few values counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum LowSampleCount {
    /// It does.
    Evaluate,
    /// It leaves the state as it is.
    Ignore,
}

fn yes() -> bool {
    true
}

impl Comparison {
    /// Whether a value breaches a threshold.
    #[must_use]
    pub fn breaches(self, value: f64, threshold: f64) -> bool {
        match self {
            Self::GreaterThanOrEqualToThreshold => value >= threshold,
            Self::GreaterThanThreshold => value > threshold,
            Self::LessThanThreshold => value < threshold,
            Self::LessThanOrEqualToThreshold => value <= threshold,
        }
    }

    /// The words of a reason: "greater than", say.
    pub(in crate::cloudwatch) fn words(self) -> &'static str {
        match self {
            Self::GreaterThanOrEqualToThreshold => "greater than or equal to",
            Self::GreaterThanThreshold => "greater than",
            Self::LessThanThreshold => "less than",
            Self::LessThanOrEqualToThreshold => "less than or equal to",
        }
    }
}
