//! Issues in the table.

use jiff::Timestamp;
use serde_json::Value;

use super::alerts::{Alert, alert_write};
use super::audit::{AuditEntry, audit_write};
use super::days_after;
use crate::health::{Issue, IssueKind};
use crate::store::documents::{Only, Wanted, Write};
use crate::store::keys::watch as keys;
use crate::store::{EventStore, Retention, StoreError};

/// Days that a resolved issue is kept.
const RESOLVED_DAYS: i64 = 90;
/// The same of kinds of which there may be many.
const RESOLVED_DAYS_OF_MANY: i64 = 3;

/// An item of an issue.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownIssue {
    /// What it is known by.
    pub fingerprint: String,
    /// What a change must be based on.
    pub version: u64,
    /// The issue; `None` where it cannot be read.
    pub issue: Option<Issue>,
}

/// A changed issue and what is told of the change.
pub struct IssueWrite<'a> {
    /// The issue as it is now.
    pub issue: &'a Issue,
    /// The version that the change is based on; 0 for a new one.
    pub version: u64,
    /// What is told.
    pub alert: Option<&'a Alert>,
    /// Who did it, where somebody did.
    pub audit: Option<&'a AuditEntry>,
}

impl EventStore {
    /// Every issue that is active or was in the last 90 days; errors and damaged items of 3 days.
    pub async fn issues(&self, now: Timestamp) -> Result<Vec<KnownIssue>, StoreError> {
        let wanted =
            Wanted { pk: keys::ISSUES, between: None, newest_first: false, limit: usize::MAX };
        let found = self.documents::<Value>(wanted, now).await?;
        Ok(found
            .into_iter()
            .map(|document| KnownIssue {
                fingerprint: document.sk,
                version: document.version,
                issue: document.value.and_then(|value| serde_json::from_value(value).ok()),
            })
            .collect())
    }

    /// Puts a changed issue with its alert and its audit entry, unless it has been changed by another
    /// meanwhile (`false`).
    pub async fn put_issue(
        &self,
        write: &IssueWrite<'_>,
        retention: Retention,
    ) -> Result<bool, StoreError> {
        let issue = Issue { version: write.version + 1, ..write.issue.clone() };
        let days = match issue.kind {
            IssueKind::RecurringError | IssueKind::DamagedItem => RESOLVED_DAYS_OF_MANY,
            _ => RESOLVED_DAYS,
        };
        let expires_at = issue.resolved.as_ref().map(|resolved| days_after(resolved.at, days));
        let place = keys::issue(&issue.fingerprint());
        let mut writes =
            vec![Write::new(place, &issue, Only::IfVersion(write.version), expires_at)?];
        if let Some(alert) = write.alert {
            writes.push(alert_write(alert, retention)?);
        }
        if let Some(entry) = write.audit {
            writes.push(audit_write(entry, retention)?);
        }
        self.write(writes).await
    }
}
