//! What a run did.

use jiff::Timestamp;
use serde::Serialize;

/// What a run did: its last line in the log, and its answer.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Summary {
    /// Windows that were read from the log and put.
    pub windows: u64,
    /// Hours that were made of their windows and put.
    pub hours: u64,
    /// Days that were made of their hours and put.
    pub days: u64,
    /// Of all these, those for which a better rollup was there already.
    pub kept_better: u64,
    /// Entries of the log that were read, refused requests by the item.
    pub entries: u64,
    /// Entries that this version cannot read.
    pub unreadable: u64,
    /// Rollups that were damaged.
    pub damaged: u64,
    /// Windows, hours and days that are due and were left to the next run.
    pub remaining: u64,
    /// Steps that failed; each is named in the log.
    pub failed: u64,
    /// Up to when the log is rolled up without a gap.
    pub rolled_through: Option<Timestamp>,
    /// Milliseconds that rolling up took.
    pub took_ms: u64,
    /// How things are.
    #[serde(flatten)]
    pub watched: Watched,
}

/// How things are, in short.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Watched {
    /// The health score, from 0 to 1.
    pub health_score: f64,
    /// What that is called.
    pub overall_status: &'static str,
    /// Fingerprints of the issues that are active.
    pub active_issues: Vec<String>,
    /// Changes of issues that were told.
    pub told: u64,
    /// Windows whose data were sent to CloudWatch.
    pub published_windows: u64,
    /// Alarms that were put or deleted.
    pub changed_alarms: u64,
    /// The call of CloudWatch that failed, if one did.
    pub cloudwatch_failure: Option<String>,
    /// Milliseconds that watching took.
    pub watch_ms: u64,
}

impl Summary {
    /// The line in the log.
    pub fn log(&self) {
        tracing::info!(
            windows = self.windows,
            hours = self.hours,
            days = self.days,
            kept_better = self.kept_better,
            entries = self.entries,
            unreadable = self.unreadable,
            damaged = self.damaged,
            remaining = self.remaining,
            failed = self.failed,
            rolled_through = self.rolled_through.map(tracing::field::display),
            took_ms = self.took_ms,
            health_score = self.watched.health_score,
            overall_status = self.watched.overall_status,
            active_issues = ?self.watched.active_issues,
            told = self.watched.told,
            changed_alarms = self.watched.changed_alarms,
            cloudwatch_failure = self.watched.cloudwatch_failure,
            watch_ms = self.watched.watch_ms,
            "run done"
        );
    }
}
