//! The keys and measures of a rollup.

use std::sync::Arc;

use crate::log::Cause;
use crate::statistics::Sketch;

/// A value that entries are grouped by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Label {
    /// Every value: this rollup does not tell them apart.
    #[default]
    All,
    /// The entry has none.
    Missing,
    /// Any of the values that had no room.
    Other,
    /// This value.
    Is(Arc<str>),
}

impl Label {
    /// The label of a value that an entry may have.
    pub fn of(value: Option<&str>) -> Self {
        value.map_or(Self::Missing, |value| Self::Is(value.into()))
    }

    /// The value, where there is one.
    pub fn value(&self) -> Option<&str> {
        match self {
            Self::Is(value) => Some(value),
            Self::All | Self::Missing | Self::Other => None,
        }
    }
}

crate::log::named! {
    /// What an entry says of its event.
    Status {
        /// First delivery.
        Received = "received",
        /// First delivery of something that we could not understand.
        Quarantined = "quarantined",
        /// Delivery of what had been delivered to the same endpoint.
        Duplicate = "duplicate",
        /// Delivery of what had come in under another endpoint's secret.
        OtherEndpoint = "other_endpoint",
        /// Outcome: processed.
        Succeeded = "succeeded",
        /// Outcome: not processed.
        Failed = "failed",
    }
}

impl Status {
    /// Whether the entry is the first delivery of its event.
    pub fn is_first_delivery(self) -> bool {
        matches!(self, Self::Received | Self::Quarantined)
    }

    /// Whether the entry is an outcome; it is a delivery otherwise.
    pub fn is_outcome(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed)
    }
}

/// All that a cell's entries have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CellKey {
    /// Kind of entry and what it says.
    pub status: Status,
    /// Stripe's event type.
    pub event_type: Label,
    /// Kind of the object that the event is about.
    pub entity_type: Label,
    /// The guide's category.
    pub category: Label,
    /// The guide's level.
    pub level: Label,
    /// Live or test mode, where it is known.
    pub livemode: Option<bool>,
    /// API version of the event.
    pub api_version: Label,
    /// The connected account.
    pub account: Label,
}

/// What a cell's entries add up to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Measure {
    /// Entries.
    pub count: u64,
    /// Of outcomes, attempts before those in the cell.
    pub retries: u64,
    /// Entries that came late.
    pub late: u64,
    /// Sum of the durations in `times`, in microseconds.
    pub micros: u128,
    /// Of outcomes, the processing times; of first deliveries with a known creation, the lags (0 where
    /// the clocks disagree).
    pub times: Sketch,
}

impl Measure {
    /// Adds another cell's entries.
    pub fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.retries = self.retries.saturating_add(other.retries);
        self.late += other.late;
        self.micros = self.micros.saturating_add(other.micros);
        self.times.merge(&other.times);
    }

    /// Counts a duration, in microseconds.
    pub fn add_time(&mut self, micros: u64) {
        self.micros = self.micros.saturating_add(micros.into());
        self.times.add(micros);
    }
}

/// What entries counted by the minute have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MinuteKey {
    /// Outcomes, or first deliveries.
    pub of_outcomes: bool,
    /// As in [`CellKey`].
    pub event_type: Label,
    /// As in [`CellKey`].
    pub livemode: Option<bool>,
    /// As in [`CellKey`].
    pub account: Label,
}

/// What failed outcomes have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ErrorKey {
    /// The caller's kind of error.
    pub error_type: Label,
    /// The caller's code.
    pub error_code: Label,
    /// The message's fold.
    pub message: Label,
    /// As in [`CellKey`].
    pub event_type: Label,
    /// As in [`CellKey`].
    pub livemode: Option<bool>,
    /// As in [`CellKey`].
    pub account: Label,
}

/// What refused requests have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RejectionKey {
    /// Why they were refused.
    pub cause: Cause,
    /// They came from an address that Stripe publishes.
    pub refused_genuine: bool,
}

/// An address, and whether what came from it was refused.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceKey {
    /// Refused requests, or deliveries.
    pub refused: bool,
    /// The address.
    pub address: Arc<str>,
}
