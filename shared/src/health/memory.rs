//! What one run tells the next: small, and only what the log does not tell more cheaply.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::TableFault;

/// Probes of the front door that are remembered.
pub const PROBES: usize = 3;
/// No clock is ahead by so much, unless it is wrong.
const AHEAD: SignedDuration = SignedDuration::from_hours(1);
/// Event types that are remembered; Stripe knows about 250 that a webhook can have.
const MOST_TYPES: usize = 400;
/// Errors that are remembered.
const MOST_ERRORS: usize = 400;

/// What one run tells the next.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    /// An event of live mode was seen once: from then on only such events count.
    pub live_seen: bool,
    /// Whether the last probes of the front door got through, the oldest first.
    pub probes: Vec<bool>,
    /// When each event type was last seen.
    pub types: BTreeMap<String, TypeSeen>,
    /// Up to when windows have been looked through for `types`.
    pub types_through: Option<Timestamp>,
    /// Events that had no outcome when they were looked for, the oldest first.
    pub waiting: Vec<Waiting>,
    /// Up to when windows have been looked through for `waiting`.
    pub waiting_through: Option<Timestamp>,
    /// When each error's message was seen.
    // Another name than the field's, under which older versions keep the last hour alone.
    #[serde(rename = "error_hours")]
    pub errors: BTreeMap<String, ErrorSeen>,
    /// Runs in a row in which traffic had dropped.
    pub dropped_runs: u32,
    /// Runs in a row in which traffic had risen.
    pub risen_runs: u32,
    /// The last run that counted among those in a row.
    pub rhythm_at: Option<Timestamp>,
    /// Up to when windows' data were sent.
    pub published_through: Option<Timestamp>,
    /// Hash of the alarms that CloudWatch has.
    pub alarms_hash: Option<String>,
    /// What the table lacked when it was last looked at.
    #[serde(deserialize_with = "known_faults")]
    pub table_faults: Vec<TableFault>,
    /// When that was.
    pub table_checked_at: Option<Timestamp>,
    /// When CloudWatch was last asked for its alarms.
    pub alarms_checked_at: Option<Timestamp>,
}

/// Those that this version knows: a newer one may have known others.
fn known_faults<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<TableFault>, D::Error> {
    let names = Vec::<String>::deserialize(from)?;
    Ok(names.iter().filter_map(|name| name.parse().ok()).collect())
}

/// When an event type was last seen, in minutes since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TypeSeen {
    /// A first delivery.
    pub delivered: i64,
    /// An outcome.
    pub outcome: i64,
}

/// When an error was seen, in hours since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorSeen {
    /// First.
    pub first: i64,
    /// Last.
    pub last: i64,
}

/// An event that had no outcome when it was looked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// Its id.
    pub event_id: String,
    /// Its type.
    pub event_type: String,
    /// When it was received.
    pub received_at: Timestamp,
}

impl Memory {
    /// Remembers a probe.
    pub fn probed(&mut self, got_through: bool) {
        self.probes.push(got_through);
        let more = self.probes.len().saturating_sub(PROBES);
        self.probes.drain(..more);
    }

    /// Forgets what a run has remembered whose clock was ahead: it would hold until then.
    pub fn forget_what_is_to_come(&mut self, now: Timestamp) {
        for at in [
            &mut self.types_through,
            &mut self.waiting_through,
            &mut self.rhythm_at,
            &mut self.published_through,
            &mut self.table_checked_at,
            &mut self.alarms_checked_at,
        ] {
            at.take_if(|at| *at > now + AHEAD);
        }
    }

    /// Remembers that an event type was seen.
    pub fn saw_type(&mut self, event_type: &str, seen: TypeSeen) {
        let known = self.types.entry(event_type.to_owned()).or_default();
        known.delivered = known.delivered.max(seen.delivered);
        known.outcome = known.outcome.max(seen.outcome);
        if self.types.len() > MOST_TYPES {
            forget(&mut self.types, |seen| seen.delivered.max(seen.outcome));
        }
    }

    /// Remembers that an error was seen.
    pub fn saw_error(&mut self, message: &str, seen: ErrorSeen) {
        let known = self.errors.entry(message.to_owned()).or_insert(seen);
        known.first = known.first.min(seen.first);
        known.last = known.last.max(seen.last);
        if self.errors.len() > MOST_ERRORS {
            forget(&mut self.errors, |seen| seen.last);
        }
    }
}

/// Forgets what was seen least recently.
fn forget<T>(seen: &mut BTreeMap<String, T>, last: impl Fn(&T) -> i64) {
    let oldest = seen.iter().min_by_key(|(_, seen)| last(seen)).map(|(key, _)| key.clone());
    if let Some(oldest) = oldest {
        seen.remove(&oldest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_least_recently_is_forgotten() {
        let mut memory = Memory::default();
        for number in 0..500 {
            memory.saw_error(&format!("error {number}"), ErrorSeen { first: 0, last: number });
            memory.saw_type(
                &format!("type.{number}"),
                TypeSeen { delivered: number, ..TypeSeen::default() },
            );
            memory.probed(number % 2 == 0);
        }
        assert_eq!((memory.errors.len(), memory.types.len()), (MOST_ERRORS, MOST_TYPES));
        assert!(memory.errors.contains_key("error 499") && !memory.errors.contains_key("error 99"));
        assert_eq!(memory.probes, [false, true, false]);
    }

    #[test]
    fn what_a_wrong_clock_has_remembered_is_forgotten() {
        let now: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        let at = |minutes: i64| Some(now + SignedDuration::from_mins(minutes));
        let mut memory = Memory {
            types_through: at(61),
            waiting_through: at(61),
            rhythm_at: at(60),
            published_through: at(99_999),
            table_checked_at: at(-5),
            alarms_checked_at: at(61),
            ..Memory::default()
        };
        memory.forget_what_is_to_come(now);
        let (rhythm_at, table_checked_at) = (at(60), at(-5));
        assert_eq!(memory, Memory { rhythm_at, table_checked_at, ..Memory::default() });
    }

    #[test]
    fn what_is_missing_of_it_is_empty() {
        let memory: Memory =
            serde_json::from_str(r#"{"live_seen":true,"later":1,"errors":{"a":9}}"#).unwrap();
        assert_eq!(memory, Memory { live_seen: true, ..Memory::default() });
    }
}
