//! What health keeps between runs and what people set: snapshots, issues, alerts, baselines, settings,
//! the audit trail. Each is a document; several that belong together are put together or not at all.

mod alerts;
mod audit;
mod baselines;
mod issues;
mod settings;
mod snapshots;
mod sources;

pub use alerts::{Alert, AlertSource};
pub use audit::{Actor, AuditAction, AuditEntry, AuditPage, AuditSeverity, AuditType};
pub use baselines::KnownHistory;
pub use issues::{IssueWrite, KnownIssue};
pub use settings::{Mute, Setting, Settings};
pub use snapshots::{PastSnapshot, Snapshot};
pub use sources::UnlistedSource;

use jiff::{SignedDuration, Timestamp};

fn days_after(at: Timestamp, days: i64) -> Timestamp {
    at.saturating_add(SignedDuration::from_hours(24 * days)).unwrap_or(Timestamp::MAX)
}
