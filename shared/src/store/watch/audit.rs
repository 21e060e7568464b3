//! The audit trail: who did what. Written once, with what it tells of; nothing changes or deletes an
//! entry but its end of life.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::days_after;
use crate::log::{TimeRange, as_text, named};
use crate::store::documents::{Only, Wanted, Write};
use crate::store::keys::{time, watch as keys};
use crate::store::{EventStore, Position, Retention, StoreError};

/// Entries that one page may look at.
const MOST_EXAMINED: usize = 4_000;
/// Entries read at a time.
const CHUNK: usize = 200;
/// Entries that are read of a month, where nobody pages.
const MOST_OF_MONTH: usize = 500;

named! {
    /// What an operator can do. The part before the `.` is its type.
    AuditAction {
        /// Somebody takes an issue on.
        IssueAcknowledged = "issue.acknowledged",
        /// Somebody wants to hear nothing of an issue for a time.
        IssueSnoozed = "issue.snoozed",
        /// Somebody says that an issue is over.
        IssueResolved = "issue.resolved",
        /// Thresholds are set or given back.
        ThresholdsChanged = "thresholds.changed",
        /// Nobody is to be told for a time.
        MuteAdded = "mute.added",
        /// The end of that.
        MuteRemoved = "mute.removed",
        /// Somebody deploys.
        DeploymentRecorded = "deployment.recorded",
    }
}

named! {
    /// What an action is about.
    AuditType {
        /// An issue.
        Issue = "issue",
        /// The thresholds.
        Thresholds = "thresholds",
        /// A mute.
        Mute = "mute",
        /// A deployment.
        Deployment = "deployment",
    }
}

named! {
    /// How much an action may hide or change.
    AuditSeverity {
        /// Nothing is watched less for it.
        Info = "info",
        /// Something is watched less, or otherwise, from then on.
        Warning = "warning",
    }
}

impl AuditAction {
    /// What it is about.
    pub fn kind(self) -> AuditType {
        match self {
            Self::IssueAcknowledged | Self::IssueSnoozed | Self::IssueResolved => AuditType::Issue,
            Self::ThresholdsChanged => AuditType::Thresholds,
            Self::MuteAdded | Self::MuteRemoved => AuditType::Mute,
            Self::DeploymentRecorded => AuditType::Deployment,
        }
    }

    /// How much it may hide or change.
    pub fn severity(self) -> AuditSeverity {
        match self {
            Self::IssueAcknowledged
            | Self::IssueResolved
            | Self::MuteRemoved
            | Self::DeploymentRecorded => AuditSeverity::Info,
            Self::IssueSnoozed | Self::ThresholdsChanged | Self::MuteAdded => {
                AuditSeverity::Warning
            }
        }
    }
}

as_text!(AuditAction, AuditType, AuditSeverity);

/// Whoever does something, when and from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// When.
    pub at: Timestamp,
    /// The request's id: tells entries of one time apart.
    pub request_id: String,
    /// Name of the token.
    pub by: String,
    /// From which address.
    pub source_ip: Option<String>,
}

/// Who did what. Never changed after it is written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// When.
    pub at: Timestamp,
    /// Tells it apart from others of the same time: the request's id.
    pub id: String,
    /// Name of the token.
    pub by: String,
    /// From which address.
    pub source_ip: Option<String>,
    /// What was done.
    pub action: AuditAction,
    /// What the action is about.
    #[serde(rename = "type")]
    pub kind: AuditType,
    /// How much it may hide or change.
    pub severity: AuditSeverity,
    /// To what.
    pub subject: String,
    /// What it was.
    pub before: Value,
    /// What it is.
    pub after: Value,
}

impl AuditEntry {
    /// What somebody did to a subject: what that was, and what it is now.
    pub fn new(
        actor: Actor,
        action: AuditAction,
        subject: impl Into<String>,
        (before, after): (Value, Value),
    ) -> Self {
        Self {
            at: actor.at,
            id: actor.request_id,
            by: actor.by,
            source_ip: actor.source_ip,
            action,
            kind: action.kind(),
            severity: action.severity(),
            subject: subject.into(),
            before,
            after,
        }
    }
}

/// One page of the trail.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditPage {
    /// Matching entries, newest first.
    pub entries: Vec<AuditEntry>,
    /// Where the next page goes on; `None` when the whole range has been searched.
    pub next: Option<Position>,
    /// Entries looked at, matching or not.
    pub examined: usize,
    /// Entries that this version cannot read; each is named in the function's log.
    pub unreadable: usize,
}

pub(super) fn audit_write(entry: &AuditEntry, retention: Retention) -> Result<Write, StoreError> {
    let expires_at = days_after(entry.at, i64::from(retention.days_of_audit()) + 1);
    Write::new(keys::audit(entry.at, &entry.id), entry, Only::IfAbsent, Some(expires_at))
}

impl EventStore {
    /// Records what somebody did that changes no item of ours.
    pub async fn put_audit_entry(
        &self,
        entry: &AuditEntry,
        retention: Retention,
    ) -> Result<(), StoreError> {
        self.write(vec![audit_write(entry, retention)?]).await.map(drop)
    }

    /// What people did in a range, from old to new; of each month, the newest 500.
    pub async fn audit_entries(
        &self,
        range: TimeRange,
        now: Timestamp,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        let mut found = Vec::new();
        for pk in keys::audit_pks(range.from(), range.to()) {
            let wanted = Wanted {
                pk: &pk,
                between: Some(keys::audit_between(range.from(), range.to())),
                newest_first: true,
                limit: MOST_OF_MONTH,
            };
            let of_month = self.documents::<AuditEntry>(wanted, now).await?;
            found.extend(of_month.into_iter().filter_map(|document| document.value));
        }
        found.sort_by_key(|entry| entry.at);
        Ok(found)
    }

    /// One page of the audit trail: at most `limit` entries of a range that are to be kept, older than
    /// `before`, the end of an earlier page. Looks at no more than 4,000.
    pub async fn audit(
        &self,
        range: TimeRange,
        before: Option<&Position>,
        limit: usize,
        now: Timestamp,
        keep: impl Fn(&AuditEntry) -> bool,
    ) -> Result<AuditPage, StoreError> {
        let low = time(range.from());
        let end = time(range.to());
        let mut high = before.map_or(end.clone(), |before| before.as_str().to_owned()).min(end);
        let mut page = AuditPage { entries: Vec::new(), next: None, examined: 0, unreadable: 0 };
        for pk in keys::audit_pks(range.from(), range.to()).into_iter().rev() {
            loop {
                let between = Some((low.clone(), high.clone()));
                let wanted = Wanted { pk: &pk, between, newest_first: true, limit: CHUNK };
                let found = self.documents::<AuditEntry>(wanted, now).await?;
                let is_last = found.len() < CHUNK;
                for document in found {
                    if document.sk >= high {
                        continue;
                    }
                    page.examined += 1;
                    high.clone_from(&document.sk);
                    match document.value {
                        Some(entry) if keep(&entry) => page.entries.push(entry),
                        Some(_) => {}
                        None => page.unreadable += 1,
                    }
                    if page.entries.len() >= limit || page.examined >= MOST_EXAMINED {
                        page.next = Position::parse(&high);
                        return Ok(page);
                    }
                }
                if is_last {
                    break;
                }
            }
        }
        Ok(page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_is_named_after_its_type() {
        for action in AuditAction::ALL {
            let (kind, _) = action.as_str().split_once('.').unwrap();
            assert_eq!(kind, action.kind().as_str());
        }
    }
}
