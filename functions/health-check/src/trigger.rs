//! What an invocation is for: pure.

use serde_json::Value;

use crate::alarm_change::{self, AlarmChange};
use crate::stack_event::{self, StackEvent};

/// What an invocation is for.
#[derive(Debug, PartialEq)]
pub enum Trigger {
    /// It is time for a run. Whatever is nothing else counts as this: a schedule's event says what
    /// whoever set it up wrote into it, or nothing.
    Tick,
    /// Alarms changed their state.
    Alarms(Vec<AlarmChange>),
    /// The stack is made, changed or deleted.
    Stack(StackEvent),
}

/// An event that has the shape of one of ours and cannot be read. Nothing is done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an event of {of} whose {member} is missing or wrong")]
pub struct BadEvent {
    /// The shape.
    pub of: &'static str,
    /// What is wrong about it; never its value.
    pub member: &'static str,
}

/// Tells what an event is.
///
/// # Errors
/// When it looks like an alarm's or the stack's and is damaged: that must not pass for a tick.
pub fn read(event: &Value) -> Result<Trigger, BadEvent> {
    if let Some(changes) = alarm_change::read(event)? {
        return Ok(Trigger::Alarms(changes));
    }
    Ok(stack_event::read(event)?.map_or(Trigger::Tick, Trigger::Stack))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::json;

    use super::*;

    #[test]
    fn every_recorded_event_is_told_apart() {
        let folder =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/lambda_events");
        let mut seen = [0, 0];
        for file in std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()) {
            if file.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
            let event: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
            let is_alarm =
                name.starts_with("cloudwatch_alarm") || name.starts_with("sns_cloudwatch");
            let trigger = read(&event).unwrap();
            assert_eq!(matches!(trigger, Trigger::Alarms(_)), is_alarm, "{name}");
            assert_eq!(trigger == Trigger::Tick, !is_alarm, "{name}");
            seen[usize::from(is_alarm)] += 1;
        }
        assert!(seen[0] >= 38 && seen[1] == 6, "{seen:?}");
    }

    #[test]
    fn whatever_is_nothing_else_is_a_tick() {
        for event in [
            json!(null),
            json!({}),
            json!([]),
            json!("tick"),
            json!(7),
            json!({ "Records": [] }),
            json!({ "Records": [{ "Sns": { "Message": "{}" } }] }),
            json!({ "detail-type": "CloudWatch Alarm Configuration Change", "detail": {} }),
            json!({ "RequestType": "POST" }),
        ] {
            assert_eq!(read(&event), Ok(Trigger::Tick), "{event}");
        }
    }

    #[test]
    fn what_looks_like_ours_and_is_damaged_is_an_error() {
        for event in [
            json!({ "detail-type": "CloudWatch Alarm State Change" }),
            json!({ "alarmData": null }),
            json!({ "Records": [{ "Sns": { "Message": "{\"AlarmName\":" } }] }),
            json!({ "RequestType": "Delete", "ResponseURL": 7 }),
        ] {
            assert!(read(&event).is_err(), "{event}");
        }
    }
}
