//! An entry as a caller gives it, checked.

use std::net::IpAddr;
use std::time::Duration;

use serde_json::{Map, Value};
use shared::log::{Entity, EventId, Failure, Outcome, OutcomeParticulars, ProcessingResult};

use super::key::{Call, content_hash};
use crate::members::{Invalid, Members};

/// Bytes of most texts.
const LONGEST: usize = 255;
/// Bytes of a user agent.
const LONGEST_AGENT: usize = 1_024;
/// Characters of an error message.
const LONGEST_MESSAGE: usize = 10_000;
/// Bytes of a message that lists and roll-ups see.
const LEAN_MESSAGE: usize = 500;
/// Bytes of metadata, and of further details, as JSON.
const MOST_JSON: usize = 32 * 1_024;
/// Seconds: a year.
const LONGEST_PROCESSING: f64 = 31_536_000.0;

/// An entry that can be put.
pub struct Entry {
    /// The outcome.
    pub outcome: Outcome,
    /// The rest of what was said.
    pub particulars: OutcomeParticulars,
    /// What tells a repeated call from a contradicting one.
    pub content_hash: Vec<u8>,
}

impl Entry {
    /// Reads and checks an entry.
    pub fn read(value: Value, call: &Call<'_>) -> Result<Self, Invalid> {
        let mut given = Members::of(value, "entry")?;
        let content_hash = content_hash(given.values());
        let event_id = required(&mut given, "event_id", EVENT_ID, EventId::parse)?;
        let event_type = given.text("event_type", LONGEST)?.ok_or(missing("event_type"))?;
        let processing_time = processing_time(&mut given)?;
        let ended_at = given.parsed("timestamp", TIME, |text| text.parse().ok())?;
        let request_id = given.parsed("request_id", REQUEST_ID, request_id)?;
        let (result, retry_attempts, particulars) = result(&mut given)?;
        let (level, category) =
            Outcome::rule(&result, &event_type, processing_time, call.slow_after);
        let outcome = Outcome {
            request_id: request_id
                .unwrap_or_else(|| call.request_id(&content_hash, ended_at.is_some())),
            logged_at: call.now,
            ended_at: ended_at.unwrap_or(call.now),
            level: given.parsed("level", LEVEL, |text| text.parse().ok())?.unwrap_or(level),
            category: given
                .parsed("category", CATEGORY, |text| text.parse().ok())?
                .unwrap_or(category),
            livemode: given.boolean("livemode")?,
            api_version: given.text("api_version", LONGEST)?,
            account: given.text("account", LONGEST)?,
            entity: entity(&mut given)?,
            source_ip: given.parsed("source_ip", ADDRESS, address)?,
            user_agent: given.text("user_agent", LONGEST_AGENT)?,
            session_id: given.text("session_id", LONGEST)?,
            correlation_id: given.text("correlation_id", LONGEST)?,
            event_id,
            event_type,
            result,
            processing_time,
            retry_attempts,
        };
        given.end()?;
        Ok(Self { outcome, particulars, content_hash })
    }
}

const EVENT_ID: &str = "1 to 255 of A-Z a-z 0-9 _ . : -";
const TIME: &str = "a time like 2026-11-23T14:58:00Z";
const REQUEST_ID: &str = "1 to 255 visible ASCII characters";
const ADDRESS: &str = "an IPv4 or IPv6 address";
const LEVEL: &str = "DEBUG, INFO, WARNING, ERROR or CRITICAL";
const CATEGORY: &str = "security, performance, business, system or error";
const SECONDS: &str = "seconds from 0 to 31536000";

fn missing(name: &str) -> Invalid {
    Invalid::new(name, "given")
}

fn required<T>(
    given: &mut Members,
    name: &str,
    expected: &'static str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<T, Invalid> {
    given.parsed(name, expected, read)?.ok_or(missing(name))
}

fn request_id(text: &str) -> Option<String> {
    let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
    (visible && (1..=LONGEST).contains(&text.len())).then(|| text.to_owned())
}

/// As it is written: it is looked for that way.
fn address(text: &str) -> Option<String> {
    text.parse::<IpAddr>().is_ok().then(|| text.to_owned())
}

/// In whole microseconds.
fn processing_time(given: &mut Members) -> Result<Duration, Invalid> {
    const NAME: &str = "processing_time";
    let value = given.take(NAME).ok_or(missing(NAME))?;
    let seconds = value.as_f64().filter(|seconds| (0.0..=LONGEST_PROCESSING).contains(seconds));
    let seconds = seconds.ok_or(Invalid::new(NAME, SECONDS))?;
    Ok(Duration::from_micros((seconds * 1e6).round() as u64))
}

fn entity(given: &mut Members) -> Result<Option<Entity>, Invalid> {
    let (kind, id) = (given.text("entity_type", LONGEST)?, given.text("entity_id", LONGEST)?);
    match (kind, id) {
        (Some(entity_type), id) => Ok(Some(Entity { entity_type, id })),
        (None, Some(_)) => Err(Invalid::new("entity_type", "given where entity_id is")),
        (None, None) => Ok(None),
    }
}

/// How processing ended, the attempts before, and what is kept beside the entry.
fn result(given: &mut Members) -> Result<(ProcessingResult, u32, OutcomeParticulars), Invalid> {
    let success = given.boolean("success")?.ok_or(missing("success"))?;
    let message = given.take("error_message");
    let details = given.take("error_details");
    let metadata =
        given.take("metadata").map(|value| Members::of(value, "metadata")).transpose()?;
    let mut particulars = OutcomeParticulars {
        metadata: json("metadata", metadata.map(Members::into_rest))?,
        ..OutcomeParticulars::default()
    };
    let mut details = Members::of(details.unwrap_or(Value::Object(Map::new())), "error_details")?;
    let retry_attempts = match details.take("retry_attempts") {
        None => 0,
        Some(value) => {
            let wrong = Invalid::new("error_details.retry_attempts", "a whole number from 0");
            value.as_u64().and_then(|n| u32::try_from(n).ok()).ok_or(wrong)?
        }
    };
    if success {
        if message.is_some() {
            return Err(Invalid::new("error_message", "left out where success is true"));
        }
        if details.values().values().any(|value| !value.is_null()) {
            return Err(Invalid::new(
                "error_details",
                "left out where success is true, but for retry_attempts",
            ));
        }
        return Ok((ProcessingResult::Succeeded, retry_attempts, particulars));
    }
    let message = message.map(error_message).transpose()?;
    if let Some(whole) = &message
        && whole.len() > LEAN_MESSAGE
    {
        particulars.message = Some(whole.clone());
    }
    let failure = Failure {
        message: message.map(beginning),
        error_type: details.text("error_type", LONGEST).map_err(of_details)?,
        error_code: details.text("error_code", LONGEST).map_err(of_details)?,
        is_last_attempt: details.boolean("last_attempt").map_err(of_details)?.unwrap_or(false),
    };
    let rest = Some(details.into_rest()).filter(|rest| !rest.is_empty());
    particulars.error_details = json("error_details", rest)?;
    Ok((ProcessingResult::Failed(failure), retry_attempts, particulars))
}

fn of_details(invalid: Invalid) -> Invalid {
    Invalid { field: format!("error_details.{}", invalid.field), ..invalid }
}

fn error_message(value: Value) -> Result<String, Invalid> {
    match value {
        Value::String(text) if text.chars().count() <= LONGEST_MESSAGE => Ok(text),
        _ => Err(Invalid::new("error_message", "a text of at most 10000 characters")),
    }
}

fn beginning(mut message: String) -> String {
    message.truncate(message.floor_char_boundary(LEAN_MESSAGE));
    message
}

/// An object as JSON, where it is not too large to be kept.
fn json(field: &str, members: Option<Map<String, Value>>) -> Result<Option<String>, Invalid> {
    let Some(members) = members else { return Ok(None) };
    let text = Value::Object(members).to_string();
    match text.len() <= MOST_JSON {
        true => Ok(Some(text)),
        false => Err(Invalid::new(field, "at most 32768 bytes of JSON")),
    }
}

#[cfg(test)]
mod tests;
