//! Entries in the guide's words: flat, snake_case, seconds as decimal numbers.

mod delivery;
mod outcome;
mod rejection;

use serde::Serialize;
use shared::log::LogEntry;

pub use delivery::{DeliveryEntry, delivery_status, event_status};
pub use outcome::{OutcomeEntry, OutcomeWithParticulars, outcome_status};
pub use rejection::RejectionEntry;

/// Status of refused requests.
pub const REJECTED: &str = "rejected";
/// Status of an event that was stored without being understood.
pub const QUARANTINED: &str = "quarantined";
/// Status of an event that was stored, and of its first delivery.
pub const RECEIVED: &str = "received";
/// Status of an event that was processed, and of the outcome that says so.
pub const SUCCEEDED: &str = "succeeded";
/// Status of an event that was not processed so far, and of an outcome that says so.
pub const FAILED: &str = "failed";
/// Every status an entry can have.
pub const STATUSES: [&str; 7] =
    [RECEIVED, "duplicate", "other_endpoint", QUARANTINED, SUCCEEDED, FAILED, REJECTED];

/// A log entry as callers see it. A member that does not apply to its kind is left out; one that
/// applies and is not known is null.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Entry {
    /// A delivery.
    Delivery(Box<DeliveryEntry>),
    /// What an application made of an event.
    Outcome(Box<OutcomeEntry>),
    /// Refused requests.
    Rejection(RejectionEntry),
}

impl From<&LogEntry> for Entry {
    fn from(entry: &LogEntry) -> Self {
        match entry {
            LogEntry::Delivery(delivery) => Self::Delivery(Box::new(delivery.as_ref().into())),
            LogEntry::Outcome(outcome) => Self::Outcome(Box::new(outcome.as_ref().into())),
            LogEntry::Rejection(rejection) => Self::Rejection(rejection.into()),
        }
    }
}
