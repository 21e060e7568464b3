//! What an invocation is for: pure.

use serde_json::Value;

use crate::alarm_change::{self, AlarmChange};
use crate::stack_event::{self, StackEvent};

/// What an invocation is for.
#[derive(Debug, PartialEq)]
pub enum Trigger {
    /// It is time for a run. A schedule's event says so, or what whoever set it up wrote into it, or
    /// nothing.
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
/// When it looks like an alarm's or the stack's and is damaged, or is somebody else's: that must not pass
/// for a tick.
pub fn read(event: &Value) -> Result<Trigger, BadEvent> {
    if let Some(changes) = alarm_change::read(event)? {
        return Ok(Trigger::Alarms(changes));
    }
    if let Some(event) = stack_event::read(event)? {
        return Ok(Trigger::Stack(event));
    }
    tick(event)
}

fn tick(event: &Value) -> Result<Trigger, BadEvent> {
    let has = |member| event.get(member).is_some();
    let source = event.get("source").and_then(Value::as_str);
    match event {
        Value::Null => Ok(Trigger::Tick),
        Value::Object(_) if has("Records") => Err(BadEvent { of: "records", member: "alarm" }),
        Value::Object(_) if matches!(source, Some("aws.events" | "aws.scheduler")) => {
            Ok(Trigger::Tick)
        }
        Value::Object(_) if has("source") || has("detail-type") => {
            Err(BadEvent { of: "a bus", member: "source" })
        }
        Value::Object(_) => Ok(Trigger::Tick),
        _ => Err(BadEvent { of: "a schedule", member: "type" }),
    }
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
        let mut seen = [0, 0, 0];
        for file in std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()) {
            if file.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
            let event: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
            let is_alarm =
                name.starts_with("cloudwatch_alarm") || name.starts_with("sns_cloudwatch");
            let is_of_others = !name.contains("schedule")
                && !is_alarm
                && ["Records", "source", "detail-type"].iter().any(|of| event.get(of).is_some());
            let (index, is_right) = match read(&event) {
                Ok(Trigger::Alarms(_)) => (1, is_alarm),
                Ok(Trigger::Tick) => (0, !is_alarm && !is_of_others),
                Ok(Trigger::Stack(_)) => (0, false),
                Err(_) => (2, is_of_others),
            };
            assert!(is_right, "{name}");
            seen[index] += 1;
        }
        assert!(seen[0] >= 20 && seen[1] == 6 && seen[2] >= 10, "{seen:?}");
    }

    #[test]
    fn a_schedule_says_what_it_was_given_or_nothing() {
        for event in [
            json!(null),
            json!({}),
            json!({ "source": "aws.events", "detail-type": "Scheduled Event" }),
            json!({ "source": "aws.scheduler", "detail-type": "Scheduled Event" }),
            json!({ "RequestType": "POST" }),
            json!({ "why": "by hand" }),
        ] {
            assert_eq!(read(&event), Ok(Trigger::Tick), "{event}");
        }
    }

    #[test]
    fn what_is_damaged_or_of_others_is_an_error() {
        for event in [
            json!({ "detail-type": "CloudWatch Alarm State Change" }),
            json!({ "alarmData": null }),
            json!({ "Records": [{ "Sns": { "Message": "{\"AlarmName\":" } }] }),
            json!({ "RequestType": "Delete", "ResponseURL": 7 }),
            json!([]),
            json!("tick"),
            json!(7),
            json!({ "Records": [] }),
            json!({ "Records": [{ "Sns": { "Message": "{}" } }] }),
            json!({ "source": "aws.s3" }),
            json!({ "source": 7 }),
            json!({ "detail-type": "CloudWatch Alarm Configuration Change", "detail": {} }),
        ] {
            assert!(read(&event).is_err(), "{event}");
        }
    }
}
