//! What range an answer is of, and how it came about.

use jiff::Timestamp;
use serde::Serialize;

use crate::log::TimeRange;
use crate::store::Answered;

/// The range of an answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Span {
    /// Hours of the range asked for.
    pub time_range_hours: f64,
    /// The range that the numbers are of: `from` is on a 5-minute boundary, beyond the log's retention
    /// on an hour's.
    pub from: Timestamp,
    /// The end of the numbers: of the range asked for, or earlier.
    pub through: Timestamp,
    /// Some of the range asked for is not in the numbers.
    pub incomplete: bool,
    /// When the log begins, where that is within the range.
    pub log_begins: Option<Timestamp>,
    /// When the answer was made; an answer from a cache is older than the question.
    pub generated_at: Timestamp,
    /// What it took.
    pub read: Read,
}

/// What it took to answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Read {
    /// Rollups used.
    pub rollups: u64,
    /// Entries of the log read.
    pub log_entries: u64,
}

impl Span {
    /// The range that was asked for, as it was answered.
    pub fn new(asked: TimeRange, answered: &Answered, generated_at: Timestamp) -> Self {
        Self {
            time_range_hours: asked.to().duration_since(asked.from()).as_secs_f64() / 3_600.0,
            from: answered.from,
            through: answered.through,
            incomplete: answered.incomplete,
            log_begins: answered.log_begins,
            generated_at,
            read: Read { rollups: answered.rollups, log_entries: answered.entries },
        }
    }
}
