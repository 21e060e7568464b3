//! What became of an alarm, and who was told.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::cloudwatch::alarm::{AlarmState, StateValue, arn};

/// An alarm that changed its state.
#[derive(Debug, Clone, PartialEq)]
pub struct AlarmChange {
    /// The alarm.
    pub alarm: String,
    /// The state before.
    pub previous: StateValue,
    /// The state from then on.
    pub state: AlarmState,
    /// What it says about itself.
    pub description: String,
    /// The ARNs that are told; none where its actions are off.
    pub told: Vec<String>,
}

/// Somebody who was told that an alarm changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Notification {
    /// The alarm.
    pub alarm: String,
    /// Its state.
    pub state: StateValue,
    /// The ARN that was told.
    pub action: String,
    /// When.
    pub at: Timestamp,
    /// What the alarm says about itself.
    pub description: String,
}

/// A time as CloudWatch writes it in reasons and events.
pub(in crate::cloudwatch) fn stamp(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3f+0000").to_string()
}

impl AlarmChange {
    /// The event that EventBridge makes of it.
    #[must_use]
    pub fn event(&self) -> Value {
        let state = |value: StateValue, reason: &str, at: Timestamp| {
            json!({
                "value": value.as_str(),
                "reason": reason,
                "timestamp": stamp(at),
            })
        };
        let AlarmState { value, reason, at, .. } = &self.state;
        json!({
            "version": "0",
            "id": format!("{}-{}", self.alarm, at.as_millisecond()),
            "detail-type": "CloudWatch Alarm State Change",
            "source": "aws.cloudwatch",
            "account": crate::ACCOUNT,
            "time": at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            "region": crate::REGION,
            "resources": [arn(&self.alarm)],
            "detail": {
                "alarmName": self.alarm,
                "state": state(*value, reason, *at),
                "previousState": state(self.previous, "", *at),
                "configuration": {"description": self.description, "metrics": []},
            },
        })
    }
}
