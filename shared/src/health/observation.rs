//! What a run has observed: everything that it judges, as plain values.

use std::time::Duration;

use jiff::Timestamp;

use super::Horizon;
use crate::log::{as_text, named};

/// What was observed at one time. What could not be observed is `None`.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// When.
    pub at: Timestamp,
    /// The time that a write to the database and its reading took; `None`: it cannot be reached.
    pub database: Option<Duration>,
    /// What the log tells.
    pub log: Option<LogSeen>,
    /// Whether the last three probes of the front door got through, fewer where fewer were made.
    pub front_door: Vec<bool>,
    /// Wrong tokens in the last 5 minutes.
    pub wrong_tokens: Option<u64>,
    /// Events without an outcome, where outcomes are expected.
    pub unprocessed: Option<Unprocessed>,
    /// What the rhythm of all events tells.
    pub rhythm: Option<Rhythm>,
    /// Event types that are silent, and ought not to be.
    pub silent_types: Vec<SilentType>,
    /// Errors that are new, or more frequent than they were.
    pub recurring: Vec<RecurringError>,
    /// What is wrong with our own settings, memory and tools.
    pub own_troubles: Vec<OwnTrouble>,
}

impl Observation {
    /// When nothing can be observed.
    pub fn nothing(at: Timestamp) -> Self {
        Self {
            at,
            database: None,
            log: None,
            front_door: Vec::new(),
            wrong_tokens: None,
            unprocessed: None,
            rhythm: None,
            silent_types: Vec::new(),
            recurring: Vec::new(),
            own_troubles: Vec::new(),
        }
    }
}

/// What the log tells.
#[derive(Debug, Clone, PartialEq)]
pub struct LogSeen {
    /// Up to when it is rolled up; `None` where nothing is.
    pub rolled_through: Option<Timestamp>,
    /// From the shortest to the longest; all end at the time of the observation, but for a flood's
    /// open end, which is left out.
    pub horizons: Vec<Horizon>,
    /// The last five outcomes all failed.
    pub last_five_failed: bool,
    /// A delivery or an outcome was ever logged.
    pub has_events: bool,
    /// When an event was last delivered for the first time, to the minute.
    pub last_delivery: Option<Timestamp>,
}

/// Events that were delivered and have no outcome.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Unprocessed {
    /// When the oldest of them was received.
    pub oldest: Option<Timestamp>,
    /// How many are known.
    pub count: u64,
    /// Ids of some.
    pub samples: Vec<String>,
    /// How they were looked for: all of a window, or a sample of it.
    pub basis: String,
}

/// What the rhythm of a scope says of its present traffic.
#[derive(Debug, Clone, PartialEq)]
pub struct Rhythm {
    /// Events that should have come since the last one; `None` without a baseline.
    pub missed: Option<f64>,
    /// How that is computed, or why it is not.
    pub basis: String,
    /// Whether traffic dropped, below the floor or from what is expected.
    pub drop: Departure,
    /// Whether it rose.
    pub spike: Departure,
}

/// Whether traffic departs from what is expected of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Departure {
    /// There is no telling.
    Unknown,
    /// It does not.
    No,
    /// It does, for too few runs to be told; what was told before goes on.
    Short,
    /// It does and has for some runs: in words.
    Lasting(String),
}

/// An event type that stopped coming.
#[derive(Debug, Clone, PartialEq)]
pub struct SilentType {
    /// The type.
    pub event_type: String,
    /// When it last came.
    pub last: Timestamp,
    /// Events that should have come since.
    pub missed: f64,
}

/// An error that is new or grows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecurringError {
    /// The fold of its message.
    pub message: String,
    /// Failures with it in the last hour.
    pub count: u64,
    /// In words: never seen before, or so many times as often.
    pub basis: String,
}

/// Something of our own that does not work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnTrouble {
    /// CloudWatch refused or could not be reached; which call.
    CloudWatch(String),
    /// An item of our own is damaged and its default stands in for it; which.
    DamagedItem(String),
    /// The table lacks something that the template gives it.
    Table(TableFault),
    /// Stripe's deliveries come from addresses that are not in our list of them; which.
    UnlistedSources(Vec<String>),
}

named! {
    /// What a table may lack.
    TableFault {
        /// The index by time, or a part of it.
        TimeIndex = "time_index",
        /// The deletion of what has expired.
        TimeToLive = "time_to_live",
    }
}

as_text!(TableFault);

impl TableFault {
    /// What is wrong, and the command that mends it.
    pub fn evidence(self) -> &'static str {
        match self {
            Self::TimeIndex => concat!(
                "the index gsi1 is missing, is not ready or lacks attributes: aws dynamodb update-table ",
                "--table-name TABLE --attribute-definitions AttributeName=gsi1pk,AttributeType=S ",
                "AttributeName=gsi1sk,AttributeType=S --global-secondary-index-updates '[{\"Create\":",
                "{\"IndexName\":\"gsi1\",\"KeySchema\":[{\"AttributeName\":\"gsi1pk\",\"KeyType\":\"HASH\"},",
                "{\"AttributeName\":\"gsi1sk\",\"KeyType\":\"RANGE\"}],\"Projection\":{\"ProjectionType\":",
                "\"INCLUDE\",\"NonKeyAttributes\":[\"e\",\"expires_at\"]}}}]'",
            ),
            Self::TimeToLive => concat!(
                "nothing deletes what has expired: aws dynamodb update-time-to-live --table-name TABLE ",
                "--time-to-live-specification Enabled=true,AttributeName=expires_at",
            ),
        }
    }
}
