//! What the stand-in knows: metrics, alarms, and what became of them.

mod change;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::alarm::{
    Alarm, AlarmState, CompositeAlarm, Definition, Dimension, MetricAlarm, StateValue, Tag, name_of,
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

    /// Tells of the state of an alarm, unless its suppressor forbids it for now; who is told.
    fn tell(&mut self, name: &str, now: Timestamp) -> Vec<String> {
        let Some(alarm) = self.alarms.get(name) else {
            self.suppressed.remove(name);
            return Vec::new();
        };
        if self.is_suppressed(alarm, now) {
            self.suppressed.insert(name.to_owned());
            return Vec::new();
        }
        let state = alarm.state.value;
        let told = if alarm.actions_enabled() { alarm.actions(state).to_vec() } else { Vec::new() };
        let description = alarm.description().to_owned();
        self.notifications.extend(told.iter().map(|action| Notification {
            alarm: name.to_owned(),
            state,
            action: action.clone(),
            at: now,
            description: description.clone(),
        }));
        self.suppressed.remove(name);
        told
    }

    /// Whether a composite's suppressor is in ALARM, may still turn to it, or was in it lately.
    fn is_suppressed(&self, alarm: &Alarm, now: Timestamp) -> bool {
        let Definition::Composite(composite, _) = &alarm.definition else { return false };
        let Some(suppressor) = composite.actions_suppressor.as_deref().map(name_of) else {
            return false;
        };
        let within = |since: Timestamp, seconds: Option<u32>| {
            seconds.is_some_and(|seconds| {
                seconds > 0
                    && now.as_millisecond() - since.as_millisecond() < self.scale.ms(seconds)
            })
        };
        let state = self.alarms.get(suppressor).map(|alarm| alarm.state.value);
        let ended = self
            .history
            .iter()
            .rev()
            .find(|change| change.alarm == suppressor && change.previous == StateValue::Alarm);
        state == Some(StateValue::Alarm)
            || within(alarm.state.at, composite.actions_suppressor_wait_period)
            || ended.is_some_and(|ended| {
                within(ended.state.at, composite.actions_suppressor_extension_period)
            })
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::{SignedDuration, Timestamp};
    use serde_json::json;

    use super::super::operations::call;
    use super::State;

    /// Whom a composite of `down` told, and in which minute, where its suppressor is in ALARM for four
    /// minutes and `down` for so many.
    fn told(minutes_down: i64) -> Vec<i64> {
        let begin = Timestamp::from_second(1_800_000_000).unwrap();
        let mut state = State::new(Duration::from_secs(300));
        for name in ["known", "down"] {
            let alarm = json!({
                "AlarmName": name, "Namespace": "N", "MetricName": name, "Statistic": "Sum",
                "Dimensions": [{"Name": "of", "Value": "x"}],
                "Period": 60, "EvaluationPeriods": 1, "Threshold": 1.0,
                "ComparisonOperator": "GreaterThanOrEqualToThreshold",
                "TreatMissingData": "notBreaching",
            });
            call(&mut state, "PutMetricAlarm", alarm, begin).unwrap();
        }
        let composite = json!({
            "AlarmName": "all", "AlarmRule": "ALARM(down) AND NOT ALARM(known)",
            "AlarmActions": ["page"], "ActionsSuppressor": "known",
            "ActionsSuppressorWaitPeriod": 0, "ActionsSuppressorExtensionPeriod": 900,
        });
        call(&mut state, "PutCompositeAlarm", composite, begin).unwrap();
        for minute in 0..40 {
            let now = begin + SignedDuration::from_mins(minute);
            state.evaluate(now);
            for (name, minutes) in [("known", 4), ("down", minutes_down)] {
                if minute < minutes {
                    state.count("N", name, Some(("of", "x")), 1.0, now);
                }
            }
        }
        let minute = |at: Timestamp| at.duration_since(begin).as_mins();
        state.notifications.iter().map(|told| minute(told.at)).collect()
    }

    #[test]
    fn a_suppressed_composite_tells_when_its_suppressor_has_long_been_well() {
        assert_eq!(told(10), [] as [i64; 0]);
        // Out of ALARM in minute 7, two periods after the last that is missing; 15 minutes later.
        assert_eq!(told(30), [22]);
    }
}
