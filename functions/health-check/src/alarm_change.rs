//! Changes of alarms' states, in the three shapes that CloudWatch tells them in: pure.
//!
//! Through EventBridge, by an alarm's own Lambda action, and through SNS, whose message is JSON in a
//! string. The same change may come in several of them, and in each more than once.

use jiff::Timestamp;
use serde_json::Value;

use crate::trigger::BadEvent;

/// Longest name of an alarm, in characters (PutMetricAlarm).
const LONGEST_NAME: usize = 255;
/// Longest reason that is kept, in characters; CloudWatch's own are shorter.
const LONGEST_REASON: usize = 1_024;

/// The state of an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AlarmState {
    /// Within its limit.
    Ok,
    /// Beyond its limit.
    Alarm,
    /// CloudWatch cannot say.
    InsufficientData,
}

/// That an alarm changed its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlarmChange {
    /// The same for the same change, in whichever shape and however often it is told. Begins with the
    /// time, so that ids sort by it; at most 300 characters.
    pub id: String,
    /// The alarm's name, 1 to 255 characters.
    pub alarm: String,
    /// The state from then on.
    pub state: AlarmState,
    /// The state before, where it is told.
    pub previous: Option<AlarmState>,
    /// Why, in CloudWatch's words: at most 1024 characters, empty where none are told.
    pub reason: String,
    /// When, to the millisecond.
    pub at: Timestamp,
}

impl AlarmState {
    /// CloudWatch's name of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Alarm => "ALARM",
            Self::InsufficientData => "INSUFFICIENT_DATA",
        }
    }

    fn read(value: Option<&Value>) -> Option<Self> {
        let text = value?.as_str()?;
        [Self::Ok, Self::Alarm, Self::InsufficientData]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}

/// The changes that an event tells, each once; `None` where it does not look like an alarm's.
///
/// # Errors
/// When it does, and cannot be read.
pub fn read(event: &Value) -> Result<Option<Vec<AlarmChange>>, BadEvent> {
    if event.get("detail-type").and_then(Value::as_str) == Some("CloudWatch Alarm State Change") {
        return Ok(Some(vec![of_detail(event.get("detail"))?]));
    }
    if let Some(data) = event.get("alarmData") {
        return Ok(Some(vec![of_detail(Some(data))?]));
    }
    let records = event.get("Records").and_then(Value::as_array).into_iter().flatten();
    let messages = records.filter_map(|record| record.pointer("/Sns/Message")?.as_str());
    let mut changes: Vec<AlarmChange> = Vec::new();
    for message in messages.filter(|message| is_of_alarm(message)) {
        let change = of_message(message)?;
        if changes.iter().all(|known| known.id != change.id) {
            changes.push(change);
        }
    }
    Ok((!changes.is_empty()).then_some(changes))
}

/// A topic may carry anything: what is damaged must still be told from what is somebody else's.
fn is_of_alarm(message: &str) -> bool {
    message.contains("\"AlarmName\"") || message.contains("\"NewStateValue\"")
}

/// What EventBridge and a Lambda action say alike.
fn of_detail(detail: Option<&Value>) -> Result<AlarmChange, BadEvent> {
    let at = |pointer| detail.and_then(|detail| detail.pointer(pointer));
    change(
        at("/alarmName"),
        at("/state/value"),
        at("/previousState/value"),
        at("/state/reason"),
        at("/state/timestamp"),
    )
}

fn of_message(message: &str) -> Result<AlarmChange, BadEvent> {
    let message: Value = serde_json::from_str(message).map_err(|_| bad("message"))?;
    change(
        message.get("AlarmName"),
        message.get("NewStateValue"),
        message.get("OldStateValue"),
        message.get("NewStateReason"),
        message.get("StateChangeTime"),
    )
}

fn change(
    alarm: Option<&Value>,
    state: Option<&Value>,
    previous: Option<&Value>,
    reason: Option<&Value>,
    at: Option<&Value>,
) -> Result<AlarmChange, BadEvent> {
    let alarm = alarm
        .and_then(Value::as_str)
        .filter(|name| (1..=LONGEST_NAME).contains(&name.chars().count()))
        .ok_or(bad("alarm name"))?;
    let state = AlarmState::read(state).ok_or(bad("state"))?;
    let at = at.and_then(Value::as_str).and_then(instant).ok_or(bad("time"))?;
    let reason = reason.and_then(Value::as_str).unwrap_or_default();
    Ok(AlarmChange {
        id: format!("{at:.3}/{}/{alarm}", state.as_str()),
        alarm: alarm.to_owned(),
        state,
        previous: AlarmState::read(previous),
        reason: reason.chars().take(LONGEST_REASON).collect(),
        at,
    })
}

/// An instant as CloudWatch writes it, to the millisecond: its offset has no colon.
fn instant(text: &str) -> Option<Timestamp> {
    let at: Timestamp = text.parse().ok()?;
    Timestamp::from_millisecond(at.as_millisecond()).ok()
}

fn bad(member: &'static str) -> BadEvent {
    BadEvent { of: "an alarm", member }
}

#[cfg(test)]
mod tests;
