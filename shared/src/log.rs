//! The log entry and its parts: what reached us, when, from whom, and how it is classed.
//!
//! Two kinds are never mixed: deliveries (what Stripe sent) and rejections (what was refused). A
//! delivery is never changed after it is written; everything about an event is derived from its
//! entries.

mod class;
mod delivery;
mod event_id;
mod rejection;
mod time_range;

pub use class::{Category, Level};
pub use delivery::{
    Delivery, Entity, EventFacts, Quarantine, RequestFacts, Shape, SignatureFacts, Verdict,
};
pub use event_id::EventId;
pub use rejection::{Cause, Rejection, Rejections};
pub use time_range::TimeRange;

/// One line of the log.
#[derive(Debug, Clone, PartialEq)]
pub enum LogEntry {
    /// An event that Stripe delivered and we accepted.
    Delivery(Box<Delivery>),
    /// Requests that were refused: one source, one cause, one minute.
    Rejection(Rejection),
}
