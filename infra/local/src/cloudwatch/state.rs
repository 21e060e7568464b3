//! What the stand-in knows: metrics, alarms, and what became of them.

mod change;
mod tell;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::alarm::{
    Alarm, AlarmState, CompositeAlarm, Definition, Dimension, MetricAlarm, StateValue, Tag,
};
use super::evaluate::{Scale, evaluate};
use super::metric::{Metric, Metrics, NO_UNIT, Sample};
use super::rule::Rule;
use super::statistic::Values;
pub(super) use change::stamp;
pub use change::{AlarmChange, Notification};

/// Requests that are remembered.
const REQUESTS: usize = 10_000;

/// Everything that the stand-in knows.
pub(super) struct State {
    scale: Scale,
    metrics: Metrics,
    alarms: BTreeMap<String, Alarm>,
    /// Composites whose last change nobody was told, since a suppressor forbade it.
    suppressed: BTreeSet<String>,
    /// Changes by [`State::set_state`] since the last evaluation.
    set: Vec<AlarmChange>,
    pub(super) history: Vec<AlarmChange>,
    pub(super) notifications: Vec<Notification>,
    pub(super) requests: VecDeque<Value>,
}

impl State {
    pub(super) fn new(period: Duration) -> Self {
        let ms_per_300_s = i64::try_from(period.as_millis()).unwrap_or(300_000).max(1);
        Self {
            scale: Scale { ms_per_300_s },
            metrics: Metrics::default(),
            alarms: BTreeMap::new(),
            suppressed: BTreeSet::new(),
            set: Vec::new(),
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

    /// Counts a value of a metric with one dimension or none, now.
    pub(super) fn count(
        &mut self,
        namespace: &str,
        name: &str,
        dimension: Option<(&str, &str)>,
        value: f64,
        now: Timestamp,
    ) {
        let dimension = dimension
            .map(|(name, value)| Dimension { name: name.to_owned(), value: value.to_owned() });
        let metric = Metric::new(namespace, name, dimension.as_slice());
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

    pub(super) fn untag(&mut self, name: &str, keys: &[String]) {
        if let Some(alarm) = self.alarms.get_mut(name) {
            alarm.tags.retain(|key, _| !keys.contains(key));
        }
    }

    /// Sets an alarm's state; a change is told as any other.
    pub(super) fn set_state(&mut self, name: &str, state: AlarmState) {
        let change = self.turn(name, state);
        self.set.extend(change);
    }

    /// Evaluates every alarm: metrics first, then what is made of them. Also returns what was set before.
    pub(super) fn evaluate(&mut self, now: Timestamp) -> Vec<AlarmChange> {
        let mut changed = std::mem::take(&mut self.set);
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
        for name in self.suppressed.clone() {
            self.tell(&name, now);
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
        self.turn(name, AlarmState { value, reason, reason_data, at: now })
    }

    /// Turns an alarm to a state, where it is not in it.
    fn turn(&mut self, name: &str, state: AlarmState) -> Option<AlarmChange> {
        let alarm = self.alarms.get_mut(name)?;
        let previous = alarm.state.value;
        if state.value == previous {
            return None;
        }
        alarm.state = state.clone();
        let description = alarm.description().to_owned();
        let told = self.tell(name, state.at);
        let alarm = name.to_owned();
        let change = AlarmChange { alarm, previous, state, description, told };
        self.history.push(change.clone());
        Some(change)
    }
}
