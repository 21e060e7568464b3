//! What a run did.

use jiff::Timestamp;
use serde::Serialize;

/// What a run did: its last line in the log, and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Summary {
    /// Windows that were read from the log and put.
    pub windows: u64,
    /// Hours that were made of their windows and put.
    pub hours: u64,
    /// Of both, those for which a better rollup was there already.
    pub kept_better: u64,
    /// Entries of the log that were read, refused requests by the item.
    pub entries: u64,
    /// Entries that this version cannot read.
    pub unreadable: u64,
    /// Rollups that were damaged.
    pub damaged: u64,
    /// Windows and hours that are due and were left to the next run.
    pub remaining: u64,
    /// Steps that failed; each is named in the log.
    pub failed: u64,
    /// Up to when the log is rolled up without a gap.
    pub rolled_through: Option<Timestamp>,
    /// Milliseconds that it took.
    pub took_ms: u64,
}

impl Summary {
    /// The line in the log.
    pub fn log(&self) {
        tracing::info!(
            windows = self.windows,
            hours = self.hours,
            kept_better = self.kept_better,
            entries = self.entries,
            unreadable = self.unreadable,
            damaged = self.damaged,
            remaining = self.remaining,
            failed = self.failed,
            rolled_through = self.rolled_through.map(tracing::field::display),
            took_ms = self.took_ms,
            "run done"
        );
    }
}
