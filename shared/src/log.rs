//! The log entry and its parts: what reached us, when, from whom, and how it is classed.
//!
//! Kinds are never mixed: deliveries (what Stripe sent), outcomes (what an application made of it) and
//! rejections (what was refused). An entry is never changed after it is written; everything about an
//! event is derived from its entries.

mod class;
mod delivery;
mod diagnosis;
mod event_id;
mod outcome;
mod rejection;
mod time_range;

pub use class::{Category, Level};
pub(crate) use class::{as_text, named};
pub use delivery::{
    Delivery, Entity, EventFacts, Quarantine, Remarks, RequestFacts, Shape, SignatureFacts, Verdict,
};
pub use diagnosis::Diagnosis;
pub use event_id::EventId;
pub use outcome::{Failure, Outcome, OutcomeParticulars, ProcessingResult};
pub use rejection::{Cause, Rejection, Rejections};
pub use time_range::TimeRange;

use jiff::Timestamp;

/// One line of the log.
#[derive(Debug, Clone, PartialEq)]
pub enum LogEntry {
    /// An event that Stripe delivered and we accepted.
    Delivery(Box<Delivery>),
    /// What an application made of an event.
    Outcome(Box<Outcome>),
    /// Requests that were refused: one source, one cause, one minute.
    Rejection(Rejection),
}

impl LogEntry {
    /// When it was logged, by our clock: what decides the window that it counts in.
    pub fn logged_at(&self) -> Timestamp {
        match self {
            Self::Delivery(delivery) => delivery.received_at,
            Self::Outcome(outcome) => outcome.logged_at,
            Self::Rejection(rejection) => rejection.minute,
        }
    }
}

/// What a reading of the log comes upon.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// An entry.
    Entry(LogEntry),
    /// One that this version cannot read: damaged, or written by a newer one.
    Unreadable {
        /// When it was logged.
        logged_at: Timestamp,
    },
}

impl Found {
    /// When it was logged.
    pub fn logged_at(&self) -> Timestamp {
        match self {
            Self::Entry(entry) => entry.logged_at(),
            Self::Unreadable { logged_at } => *logged_at,
        }
    }
}
