//! Members of a JSON object, taken one by one; what is left over at the end is an error, since a
//! misspelt name would lose its value unnoticed.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use crate::error::ApiError;

/// Hours that a time lasts at least: a shorter one would be over before it was told of.
const SHORTEST: f64 = 0.01;
/// What a number of hours must be.
pub const HOURS: &str = "a number of hours from 0.01 to 720";

/// What is wrong with an entry: a member, and what it must be. Never its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    /// The member's name.
    pub field: String,
    /// Completes "must be ...".
    pub expected: &'static str,
}

impl Invalid {
    /// An error about a member.
    pub fn new(field: &str, expected: &'static str) -> Self {
        Self { field: field.chars().take(64).collect(), expected }
    }
}

impl From<Invalid> for ApiError {
    fn from(invalid: Invalid) -> Self {
        Self::InvalidField(invalid.field, invalid.expected)
    }
}

/// What is not yet taken of an object. A member that is null is none.
pub struct Members {
    values: Map<String, Value>,
}

impl Members {
    /// The members of an object; `field` is its name in errors.
    pub fn of(value: Value, field: &str) -> Result<Self, Invalid> {
        match value {
            Value::Object(values) => Ok(Self { values }),
            _ => Err(Invalid::new(field, "an object")),
        }
    }

    /// The members of a body that is a JSON object.
    pub fn of_body(body: &[u8]) -> Result<Self, ApiError> {
        let value = serde_json::from_slice(body).map_err(|_| ApiError::InvalidJson)?;
        Ok(Self::of(value, "the body")?)
    }

    /// The end of a time that begins now and is nothing else: `until`, or so many `hours`, of which
    /// there are at most `longest`.
    pub fn end_of_time(mut self, now: Timestamp, longest: f64) -> Result<Timestamp, ApiError> {
        let end = self.take_end_of_time(now, longest)?;
        self.end()?;
        Ok(end)
    }

    /// The same, with other members beside.
    pub fn take_end_of_time(
        &mut self,
        now: Timestamp,
        longest: f64,
    ) -> Result<Timestamp, ApiError> {
        const UNTIL: &str = "a time in the next 30 days, like 2026-11-23T14:58:00Z";
        let until: Option<Timestamp> = self.parsed("until", UNTIL, |text| text.parse().ok())?;
        let hours = match (until, self.take("hours")) {
            (Some(until), None) => until.duration_since(now).as_secs_f64() / 3_600.0,
            (None, Some(hours)) => hours.as_f64().unwrap_or(f64::NAN),
            (Some(_), Some(_)) => {
                return Err(Invalid::new("hours", "left out where until is given").into());
            }
            (None, None) => return Err(Invalid::new("hours", HOURS).into()),
        };
        let (field, expected, shortest) = match until {
            Some(_) => ("until", UNTIL, f64::MIN_POSITIVE),
            None => ("hours", HOURS, SHORTEST),
        };
        if !(shortest..=longest).contains(&hours) {
            return Err(Invalid::new(field, expected).into());
        }
        let span = SignedDuration::try_from_secs_f64(hours * 3_600.0).unwrap_or_default();
        Ok(until.unwrap_or(now.saturating_add(span).unwrap_or(Timestamp::MAX)))
    }

    /// The object as it is.
    pub fn values(&self) -> &Map<String, Value> {
        &self.values
    }

    /// Takes a member.
    pub fn take(&mut self, name: &str) -> Option<Value> {
        self.values.remove(name).filter(|value| !value.is_null())
    }

    /// Takes a text of 1 to `most` bytes without control characters.
    pub fn text(&mut self, name: &str, most: usize) -> Result<Option<String>, Invalid> {
        const EXPECTED: &str = "a text without control characters, not empty and not too long";
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text))
                if (1..=most).contains(&text.len()) && !text.chars().any(char::is_control) =>
            {
                Ok(Some(text))
            }
            Some(_) => Err(Invalid::new(name, EXPECTED)),
        }
    }

    /// Takes true or false.
    pub fn boolean(&mut self, name: &str) -> Result<Option<bool>, Invalid> {
        self.take(name)
            .map(|value| value.as_bool().ok_or(Invalid::new(name, "true or false")))
            .transpose()
    }

    /// Takes a member that is read from its text.
    pub fn parsed<T>(
        &mut self,
        name: &str,
        expected: &'static str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, Invalid> {
        let wrong = || Invalid::new(name, expected);
        self.take(name).map(|value| value.as_str().and_then(&read).ok_or_else(wrong)).transpose()
    }

    /// Whatever was not taken.
    pub fn into_rest(self) -> Map<String, Value> {
        self.values
    }

    /// An error where anything was not taken.
    pub fn end(self) -> Result<(), Invalid> {
        match self.values.iter().find(|(_, value)| !value.is_null()) {
            Some((name, _)) => Err(Invalid::new(name, "left out: there is no such member")),
            None => Ok(()),
        }
    }
}
