//! What the stand-in knows: metrics, alarms, and what became of them.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::alarm::{
    Alarm, AlarmState, CompositeAlarm, Definition, Dimension, MetricAlarm, StateValue, Tag, arn,
};
use super::evaluate::{Scale, evaluate};
use super::metric::{Metric, Metrics, NO_UNIT, Sample};
use super::rule::Rule;
use super::statistic::Values;

/// Requests that are remembered.
const REQUESTS: usize = 10_000;

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

/// Everything that the stand-in knows.
pub(super) struct State {
    scale: Scale,
    metrics: Metrics,
    alarms: BTreeMap<String, Alarm>,
    pub(super) history: Vec<AlarmChange>,
    pub(super) notifications: Vec<Notification>,
    pub(super) requests: VecDeque<Value>,
}

/// A time as CloudWatch writes it in reasons and events.
pub(super) fn stamp(at: Timestamp) -> String {
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

impl State {
    pub(super) fn new(period: Duration) -> Self {
        let ms_per_300_s = i64::try_from(period.as_millis()).unwrap_or(300_000).max(1);
        Self {
            scale: Scale { ms_per_300_s },
            metrics: Metrics::default(),
            alarms: BTreeMap::new(),
            history: Vec::new(),
            notifications: Vec::new(),
            requests: VecDeque::new(),
        }
    }

    pub(super) fn remember(&mut self, operation: &str, input: &Value) {
        if self.requests.len() == REQUESTS {
            self.requests.pop_front();
        }
        self.requests.push_back(json!({"operation": operation, "input": input}));
    }

    pub(super) fn metrics(&self) -> impl Iterator<Item = &Metric> {
        self.metrics.names()
    }

    pub(super) fn alarms(&self) -> impl Iterator<Item = &Alarm> {
        self.alarms.values()
    }

    pub(super) fn alarm(&self, name: &str) -> Option<&Alarm> {
        self.alarms.get(name)
    }

    pub(super) fn put_sample(
        &mut self,
        metric: Metric,
        at: Timestamp,
        now: Timestamp,
        sample: Sample,
    ) {
        self.metrics.put(metric, at.as_millisecond(), now.as_millisecond(), sample);
    }

    /// Counts a value of a metric with one dimension, now.
    pub(super) fn count(
        &mut self,
        namespace: &str,
        name: &str,
        (dimension, value_of_it): (&str, &str),
        value: f64,
        now: Timestamp,
    ) {
        let dimension = Dimension { name: dimension.to_owned(), value: value_of_it.to_owned() };
        let metric = Metric::new(namespace, name, &[dimension]);
        let sample =
            Sample { unit: NO_UNIT.to_owned(), values: Values::Counted(vec![(value, 1.0)]) };
        self.put_sample(metric, now, now, sample);
    }

    pub(super) fn put_metric_alarm(&mut self, alarm: MetricAlarm, now: Timestamp) {
        let (name, tags) = (alarm.alarm_name.clone(), alarm.tags.clone());
        self.put(name, Definition::Metric(alarm), tags, now);
    }

    pub(super) fn put_composite_alarm(
        &mut self,
        alarm: CompositeAlarm,
        rule: Rule,
        now: Timestamp,
    ) {
        let (name, tags) = (alarm.alarm_name.clone(), alarm.tags.clone());
        self.put(name, Definition::Composite(alarm, rule), tags, now);
    }

    /// A new alarm knows nothing yet; a changed one keeps its state and its tags.
    fn put(&mut self, name: String, definition: Definition, tags: Vec<Tag>, now: Timestamp) {
        let known = self.alarms.remove(&name);
        let state = known.as_ref().map(|alarm| alarm.state.clone()).unwrap_or(AlarmState {
            value: StateValue::InsufficientData,
            reason: "Unchecked: Initial alarm creation".to_owned(),
            reason_data: String::new(),
            at: now,
        });
        let tags = match known {
            Some(alarm) => alarm.tags,
            None => tags.into_iter().map(|tag| (tag.key, tag.value)).collect(),
        };
        self.alarms.insert(name, Alarm { definition, state, updated: now, tags });
    }

    pub(super) fn delete(&mut self, name: &str) {
        self.alarms.remove(name);
    }

    pub(super) fn tag(&mut self, name: &str, tags: Vec<Tag>) {
        if let Some(alarm) = self.alarms.get_mut(name) {
            alarm.tags.extend(tags.into_iter().map(|tag| (tag.key, tag.value)));
        }
    }

    /// Evaluates every alarm: metrics first, then what is made of them.
    pub(super) fn evaluate(&mut self, now: Timestamp) -> Vec<AlarmChange> {
        let mut changed = Vec::new();
        for composite in [false, true] {
            let names: Vec<String> = self
                .alarms
                .values()
                .filter(|alarm| matches!(alarm.definition, Definition::Composite(..)) == composite)
                .map(|alarm| alarm.name().to_owned())
                .collect();
            for name in names {
                changed.extend(self.evaluate_one(&name, now));
            }
        }
        changed
    }

    fn evaluate_one(&mut self, name: &str, now: Timestamp) -> Option<AlarmChange> {
        let alarm = self.alarms.get(name)?;
        let before = alarm.state.value;
        let (value, reason, reason_data) = match &alarm.definition {
            Definition::Metric(metric) => {
                let verdict = evaluate(&self.metrics, metric, before, now, self.scale)?;
                (verdict.value, verdict.reason, verdict.reason_data)
            }
            Definition::Composite(composite, rule) => {
                let holds = rule.holds(&|name| Some(self.alarms.get(name)?.state.value));
                let value = if holds { StateValue::Alarm } else { StateValue::Ok };
                (value, format!("{} is {holds}", composite.alarm_rule), String::new())
            }
        };
        if value == before {
            return None;
        }
        let state = AlarmState { value, reason, reason_data, at: now };
        let alarm = self.alarms.get_mut(name)?;
        alarm.state = state.clone();
        let description = alarm.description().to_owned();
        if alarm.actions_enabled() {
            let told = alarm.actions(value).iter().map(|action| Notification {
                alarm: name.to_owned(),
                state: value,
                action: action.clone(),
                at: now,
                description: description.clone(),
            });
            self.notifications.extend(told);
        }
        let change = AlarmChange { alarm: name.to_owned(), previous: before, state, description };
        self.history.push(change.clone());
        Some(change)
    }
}
