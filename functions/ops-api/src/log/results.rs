//! What became of each entry.

use serde::Serialize;
use shared::store::PutOutcome;

use super::entry::Entry;
use crate::members::Invalid;

/// What became of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is in the log now.
    Stored,
    /// The very same entry was in the log before.
    AlreadyStored,
    /// Another entry has its request id.
    Conflict,
    /// It cannot be logged as it is.
    Invalid,
    /// The database did not take it; it may be sent again.
    Failed,
}

/// An entry's result.
#[derive(Debug, Serialize)]
pub struct Result {
    #[serde(rename = "result")]
    pub outcome: Outcome,
    pub index: usize,
    pub event_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    category: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Problem>,
}

#[derive(Debug, Serialize)]
struct Problem {
    field: String,
    message: String,
}

/// Every entry's result, and how many there are of each kind.
#[derive(Debug, Serialize)]
pub struct Batch {
    stored: usize,
    already_stored: usize,
    conflict: usize,
    invalid: usize,
    pub failed: usize,
    results: Vec<Result>,
}

impl Result {
    /// The result of an entry that was, or was not, put.
    pub fn of(index: usize, entry: &Entry, put: Option<PutOutcome>) -> Self {
        let outcome = &entry.outcome;
        Self {
            outcome: match put {
                Some(PutOutcome::Stored) => Outcome::Stored,
                Some(PutOutcome::AlreadyStored) => Outcome::AlreadyStored,
                Some(PutOutcome::Conflict) => Outcome::Conflict,
                None => Outcome::Failed,
            },
            index,
            event_id: Some(outcome.event_id.to_string()),
            request_id: Some(outcome.request_id.clone()),
            level: Some(outcome.level.as_str()),
            category: Some(outcome.category.as_str()),
            error: None,
        }
    }

    /// The result of an entry that cannot be logged.
    pub fn invalid(index: usize, event_id: Option<String>, invalid: Invalid) -> Self {
        let message = format!("{} must be {}.", invalid.field, invalid.expected);
        Self {
            outcome: Outcome::Invalid,
            index,
            event_id: event_id.filter(|id| id.len() <= 255),
            request_id: None,
            level: None,
            category: None,
            error: Some(Problem { field: invalid.field, message }),
        }
    }
}

impl Batch {
    /// The results in the order of their entries.
    pub fn new(mut results: Vec<Result>) -> Self {
        results.sort_by_key(|result| result.index);
        let count = |outcome| results.iter().filter(|result| result.outcome == outcome).count();
        Self {
            stored: count(Outcome::Stored),
            already_stored: count(Outcome::AlreadyStored),
            conflict: count(Outcome::Conflict),
            invalid: count(Outcome::Invalid),
            failed: count(Outcome::Failed),
            results,
        }
    }
}
