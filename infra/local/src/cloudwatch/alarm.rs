//! Alarms: what was put, and what has become of it.

mod definition;

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::rule::Rule;
pub use definition::{CompositeAlarm, Dimension, LowSampleCount, MetricAlarm, MissingData, Tag};

/// The state of an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum StateValue {
    /// Within the threshold.
    Ok,
    /// Beyond it.
    Alarm,
    /// Not known.
    InsufficientData,
}

/// A state with its reason.
#[derive(Clone, Debug, PartialEq)]
pub struct AlarmState {
    /// The state.
    pub value: StateValue,
    /// Why, for people.
    pub reason: String,
    /// Why, as a JSON text; empty where there is none.
    pub reason_data: String,
    /// Since when.
    pub at: Timestamp,
}

/// What an alarm watches.
#[derive(Clone, Debug, PartialEq)]
pub enum Definition {
    /// A metric.
    Metric(MetricAlarm),
    /// Other alarms, by its rule.
    Composite(CompositeAlarm, Rule),
}

/// An alarm as it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Alarm {
    /// What it watches.
    pub definition: Definition,
    /// Its state.
    pub state: AlarmState,
    /// When it was put for the last time.
    pub updated: Timestamp,
    /// Its tags, in the order of their keys.
    pub tags: std::collections::BTreeMap<String, String>,
}

impl StateValue {
    /// As CloudWatch writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Alarm => "ALARM",
            Self::InsufficientData => "INSUFFICIENT_DATA",
        }
    }
}

impl fmt::Display for StateValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Alarm {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        match &self.definition {
            Definition::Metric(alarm) => &alarm.alarm_name,
            Definition::Composite(alarm, _) => &alarm.alarm_name,
        }
    }

    /// What it says about itself; empty where nothing.
    #[must_use]
    pub fn description(&self) -> &str {
        let description = match &self.definition {
            Definition::Metric(alarm) => &alarm.alarm_description,
            Definition::Composite(alarm, _) => &alarm.alarm_description,
        };
        description.as_deref().unwrap_or_default()
    }

    /// Whether its changes notify anybody.
    #[must_use]
    pub fn actions_enabled(&self) -> bool {
        match &self.definition {
            Definition::Metric(alarm) => alarm.actions_enabled,
            Definition::Composite(alarm, _) => alarm.actions_enabled,
        }
    }

    /// ARNs that are told when it turns to a state.
    #[must_use]
    pub fn actions(&self, state: StateValue) -> &[String] {
        let [ok, alarm, insufficient] = match &self.definition {
            Definition::Metric(a) => {
                [&a.ok_actions, &a.alarm_actions, &a.insufficient_data_actions]
            }
            Definition::Composite(a, _) => {
                [&a.ok_actions, &a.alarm_actions, &a.insufficient_data_actions]
            }
        };
        match state {
            StateValue::Ok => ok,
            StateValue::Alarm => alarm,
            StateValue::InsufficientData => insufficient,
        }
    }
}

/// The ARN of the alarm with a name.
#[must_use]
pub fn arn(name: &str) -> String {
    format!("arn:aws:cloudwatch:{}:{}:alarm:{name}", crate::REGION, crate::ACCOUNT)
}

/// The name in an alarm's ARN; anything else is a name already.
pub(super) fn name_of(name_or_arn: &str) -> &str {
    let prefix = name_or_arn.starts_with("arn:aws:cloudwatch:");
    let name = name_or_arn.splitn(7, ':').nth(6);
    name.filter(|_| prefix).unwrap_or(name_or_arn)
}
