//! Issues: what is wrong, since when, how bad, and what became of it.

mod find;
mod kind;
mod life;
mod unit;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub use find::{Finding, findings, mends_itself};
pub use kind::{IssueKind, Tier};
pub use life::{Change, Step, Transition, acknowledge, resolve, snooze, step};
pub use unit::Unit;

/// How long Stripe tries an event again in live mode (docs.stripe.com/webhooks#retries).
const RETRIED_FOR: SignedDuration = SignedDuration::from_hours(72);

/// One thing that is, or was, wrong. There is one for each kind and subject.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Issue {
    /// What kind of thing.
    pub kind: IssueKind,
    /// What it is about, where there may be several of a kind: an event type, a message.
    pub subject: Option<String>,
    /// How bad it was at its last breach.
    pub severity: Tier,
    /// When it was opened, or reopened.
    pub opened_at: Timestamp,
    /// Since when it is wrong, as far as the log tells: not after `opened_at`.
    pub since: Timestamp,
    /// When it was last seen to be wrong.
    pub last_breach_at: Timestamp,
    /// Runs that found it right again since then.
    pub good_runs: u8,
    /// When it was last critical.
    #[serde(default)]
    pub critical_at: Option<Timestamp>,
    /// When a run last found it right.
    #[serde(default)]
    pub good_at: Option<Timestamp>,
    /// The last run that was counted.
    pub seen_at: Timestamp,
    /// How often it came back within a day of its end.
    pub reopened: u32,
    /// Who has taken it on.
    pub acknowledged: Option<Mark>,
    /// Who wants to hear nothing of it, and until when.
    pub snoozed: Option<Snooze>,
    /// When it ended, and by whom; by nobody where it went by itself.
    pub resolved: Option<Resolved>,
    /// The number, where it is one.
    pub value: Option<f64>,
    /// The limit that it is beyond.
    pub limit: Option<f64>,
    /// What shows it, in words.
    pub evidence: String,
    /// Whom it hits, as of half an hour ago at most while it is open.
    pub blast_radius: Option<BlastRadius>,
    /// Grows with every change; a change that is based on an older one is refused.
    pub version: u64,
}

/// Whom an issue hits, from a sample of its entries.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct BlastRadius {
    /// Entries looked at, the newest that show it.
    pub entries: u64,
    /// Distinct objects that they are about.
    pub entities: u64,
    /// Distinct connected accounts.
    pub accounts: u64,
    /// Their event types.
    pub event_types: Vec<String>,
    /// Ids of some events.
    pub sample_events: Vec<String>,
    /// When the last event was accepted.
    pub last_accepted: Option<Timestamp>,
    /// When the entries were looked at.
    pub as_of: Option<Timestamp>,
    /// Events whose first delivery was looked up, the newest of them.
    pub looked_up: u64,
    /// Distinct customers that these are of, as far as what is kept tells.
    pub customers: u64,
    /// The customer that more than half of these are of.
    pub customer: Option<Most>,
    /// The connected account that more than half of these are of.
    pub account: Option<Most>,
    /// The object that more than half of these are about.
    pub object: Option<Most>,
}

/// What most of a sample's events have in common.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Most {
    /// Its id.
    pub id: String,
    /// So many of the events.
    pub events: u64,
}

/// Who did something, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Name of the token.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// A time of silence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snooze {
    /// Name of the token.
    pub by: String,
    /// When it ends.
    pub until: Timestamp,
}

/// The end of an issue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolved {
    /// When.
    pub at: Timestamp,
    /// Name of the token; `None` where it went by itself.
    pub by: Option<String>,
}

crate::log::named! {
    /// Where an issue is in its life.
    State {
        /// Wrong, and nobody has said anything.
        Opened = "opened",
        /// Wrong again, within a day of its end.
        Reopened = "reopened",
        /// Wrong, and somebody is at it.
        Acknowledged = "acknowledged",
        /// Wrong, and nobody is to be told before a time.
        Snoozed = "snoozed",
        /// Right again, and watched for three runs.
        Recovering = "recovering",
        /// Over.
        Resolved = "resolved",
    }
}

impl Issue {
    /// What it is known by: unique, and fit for a path.
    pub fn fingerprint(&self) -> String {
        fingerprint(self.kind, self.subject.as_deref())
    }

    /// Where it is in its life.
    pub fn state(&self, now: Timestamp) -> State {
        if self.resolved.is_some() {
            State::Resolved
        } else if self.snoozed.as_ref().is_some_and(|snooze| snooze.until > now) {
            State::Snoozed
        } else if self.good_runs > 0 {
            State::Recovering
        } else if self.acknowledged.is_some() {
            State::Acknowledged
        } else if self.reopened > 0 {
            State::Reopened
        } else {
            State::Opened
        }
    }

    /// Whether it is not over.
    pub fn is_active(&self) -> bool {
        self.resolved.is_none()
    }

    /// When Stripe gives up the first event that this keeps out: three days after it began, in live mode.
    /// `None` where it keeps none out, or is over.
    pub fn retries_end_at(&self) -> Option<Timestamp> {
        let is_meant = self.is_active() && self.kind.keeps_events_out();
        is_meant.then(|| self.since.saturating_add(RETRIED_FOR).unwrap_or(Timestamp::MAX))
    }

    /// In one sentence.
    pub fn description(&self) -> String {
        self.kind.description(self.subject.as_deref())
    }
}

/// What an issue of a kind about a subject is known by. Subjects that do not fit a path are told apart
/// by a hash.
pub fn fingerprint(kind: IssueKind, subject: Option<&str>) -> String {
    let fits = |text: &str| {
        !text.is_empty()
            && text.len() <= 64
            && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
    };
    match subject {
        None => kind.as_str().to_owned(),
        Some(subject) if fits(subject) => format!("{kind}:{subject}"),
        Some(subject) => {
            let hash = ring::digest::digest(&ring::digest::SHA256, subject.as_bytes());
            let short = hash.as_ref().get(..8).unwrap_or_default();
            format!("{kind}:{}", data_encoding::HEXLOWER.encode(short))
        }
    }
}
