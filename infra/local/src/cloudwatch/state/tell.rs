//! Who is told of an alarm's state, and when nobody is: a composite's suppressor may forbid it for a while.

use jiff::Timestamp;

use super::super::alarm::{Alarm, Definition, StateValue, name_of};
use super::{Notification, State};

impl State {
    /// Tells of the state of an alarm, unless its suppressor forbids it for now; who is told.
    pub(super) fn tell(&mut self, name: &str, now: Timestamp) -> Vec<String> {
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
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::{SignedDuration, Timestamp};
    use serde_json::json;

    use super::super::super::operations::call;
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
