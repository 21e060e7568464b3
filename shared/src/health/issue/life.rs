//! The life of an issue: opened on the first breach, over after three good runs.

use jiff::{SignedDuration, Timestamp};

use super::{BlastRadius, Finding, Issue, Mark, Resolved, Snooze, Tier};
use crate::log::named;

/// Runs that must find it right before an issue is over.
const GOOD_RUNS: u8 = 3;
/// An issue that comes back within this time is reopened, else it is a new one.
const REOPENS: SignedDuration = SignedDuration::from_hours(24);
/// Runs overtake each other by less: what is further ahead was stamped by a clock that was wrong.
const OVERTAKEN: SignedDuration = SignedDuration::from_hours(1);
/// What was told of an issue is told again where it has not been so for this long: it may flap.
const TOLD_AGAIN: SignedDuration = SignedDuration::from_hours(1);
/// An issue that nothing can be said about for so long is over.
const FORGOTTEN: SignedDuration = SignedDuration::from_hours(24);

named! {
    /// What happened to an issue.
    Transition {
        /// It is new.
        Opened = "opened",
        /// It came back.
        Reopened = "reopened",
        /// It has become critical.
        Escalated = "escalated",
        /// It is right again, and watched.
        Recovering = "recovering",
        /// It is over.
        Resolved = "resolved",
        /// Somebody has taken it on.
        Acknowledged = "acknowledged",
        /// Somebody wants to hear nothing of it for a time.
        Snoozed = "snoozed",
    }
}

/// An issue as it is after a run, and what happened to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The issue.
    pub issue: Issue,
    /// What is worth telling, if anything.
    pub transition: Option<Transition>,
}

/// The run that a step belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// When.
    pub at: Timestamp,
    /// Time between two runs: what comes sooner than half of it after another does not count as one,
    /// so that a run that is doubled ends nothing early.
    pub interval: SignedDuration,
}

/// One step in the life of an issue that may not exist yet. `None`: nothing changes.
///
/// `finding` is what the run found about it; `None` where it looked and found nothing wrong.
pub fn step(known: Option<&Issue>, finding: Option<&Finding>, run: Step) -> Option<Change> {
    let righted = known.filter(|issue| issue.seen_at > run.at + OVERTAKEN);
    let righted = righted.map(|issue| stamped_before(issue, run));
    match (righted.as_ref().or(known), finding) {
        (None, Some(finding)) => {
            let issue = opened(finding, run.at, finding.tier?);
            Some(Change { issue, transition: Some(Transition::Opened) })
        }
        (None, None) => None,
        // Runs may overtake each other.
        (Some(issue), _) if issue.seen_at >= run.at => None,
        (Some(issue), Some(finding)) => match finding.tier {
            Some(tier) => Some(breached(issue, finding, tier, run.at)),
            None => quiet(issue, finding.recovered, run),
        },
        (Some(issue), None) => quiet(issue, Some(true), run),
    }
}

/// An issue without times that are yet to come.
fn stamped_before(issue: &Issue, run: Step) -> Issue {
    let last_run = run.at - run.interval;
    let resolved = issue.resolved.clone().map(|end| Resolved { at: end.at.min(last_run), ..end });
    Issue {
        opened_at: issue.opened_at.min(last_run),
        since: issue.since.min(last_run),
        last_breach_at: issue.last_breach_at.min(last_run),
        seen_at: last_run,
        critical_at: issue.critical_at.map(|at| at.min(last_run)),
        good_at: issue.good_at.map(|at| at.min(last_run)),
        resolved,
        ..issue.clone()
    }
}

/// Whether what was last so at a time is news.
fn is_news(last: Option<Timestamp>, at: Timestamp) -> bool {
    last.is_none_or(|last| at.duration_since(last) > TOLD_AGAIN)
}

fn opened(finding: &Finding, at: Timestamp, severity: Tier) -> Issue {
    Issue {
        kind: finding.kind,
        subject: finding.subject.clone(),
        severity,
        opened_at: at,
        since: finding.since.unwrap_or(at).min(at),
        last_breach_at: at,
        good_runs: 0,
        critical_at: (severity == Tier::Critical).then_some(at),
        good_at: None,
        seen_at: at,
        reopened: 0,
        acknowledged: None,
        snoozed: None,
        resolved: None,
        value: finding.value,
        limit: finding.limit,
        evidence: finding.evidence.clone(),
        blast_radius: None,
        version: 0,
    }
}

fn breached(issue: &Issue, finding: &Finding, tier: Tier, at: Timestamp) -> Change {
    let fresh = opened(finding, at, tier);
    if let Some(resolved) = &issue.resolved {
        let came_back = at.duration_since(resolved.at) <= REOPENS;
        let reopened = if came_back { issue.reopened.saturating_add(1) } else { 0 };
        let transition = if came_back { Transition::Reopened } else { Transition::Opened };
        let issue = Issue { reopened, version: issue.version, ..fresh };
        return Change { issue, transition: Some(transition) };
    }
    let escalates = tier > issue.severity && is_news(issue.critical_at, at);
    let transition = escalates.then_some(Transition::Escalated);
    let issue = Issue {
        opened_at: issue.opened_at,
        since: issue.since.min(fresh.since),
        reopened: issue.reopened,
        critical_at: fresh.critical_at.or(issue.critical_at),
        good_at: issue.good_at,
        acknowledged: issue.acknowledged.clone(),
        snoozed: issue.snoozed.clone(),
        blast_radius: issue.blast_radius.clone(),
        version: issue.version,
        ..fresh
    };
    Change { issue, transition }
}

fn quiet(issue: &Issue, recovered: Option<bool>, run: Step) -> Option<Change> {
    if issue.resolved.is_some() {
        return None;
    }
    let forgotten = run.at.duration_since(issue.last_breach_at) > FORGOTTEN;
    match recovered {
        None if forgotten => Some(over(issue, run.at)),
        None => None,
        // Better than the limit, and not yet good: the runs that were good do not count.
        Some(false) => (issue.good_runs > 0).then(|| Change {
            issue: Issue { good_runs: 0, seen_at: run.at, ..issue.clone() },
            transition: None,
        }),
        Some(true) => {
            let since_last = run.at.duration_since(issue.seen_at);
            if since_last * 2 < run.interval {
                return None;
            }
            let good_runs = issue.good_runs.saturating_add(1);
            if good_runs >= GOOD_RUNS {
                return Some(over(issue, run.at));
            }
            let recovers = good_runs == 1 && is_news(issue.good_at, run.at);
            let transition = recovers.then_some(Transition::Recovering);
            let good_at = Some(run.at);
            let issue = Issue { good_runs, good_at, seen_at: run.at, ..issue.clone() };
            Some(Change { issue, transition })
        }
    }
}

fn over(issue: &Issue, at: Timestamp) -> Change {
    let resolved = Some(Resolved { at, by: None });
    let issue = Issue { resolved, seen_at: at, snoozed: None, ..issue.clone() };
    Change { issue, transition: Some(Transition::Resolved) }
}

/// Somebody takes an issue on. `None` where it is over.
pub fn acknowledge(issue: &Issue, by: &str, at: Timestamp) -> Option<Change> {
    let acknowledged = Some(Mark { by: by.to_owned(), at });
    let issue = issue.is_active().then(|| Issue { acknowledged, ..issue.clone() })?;
    Some(Change { issue, transition: Some(Transition::Acknowledged) })
}

/// Somebody wants to hear nothing of an issue before a time. `None` where it is over.
pub fn snooze(issue: &Issue, by: &str, until: Timestamp) -> Option<Change> {
    let snoozed = Some(Snooze { by: by.to_owned(), until });
    let issue = issue.is_active().then(|| Issue { snoozed, ..issue.clone() })?;
    Some(Change { issue, transition: Some(Transition::Snoozed) })
}

/// Somebody says that an issue is over; the next run that finds it wrong reopens it. `None` where it
/// is over already.
pub fn resolve(issue: &Issue, by: &str, at: Timestamp) -> Option<Change> {
    issue.is_active().then(|| {
        let mut change = over(issue, at);
        change.issue.resolved = Some(Resolved { at, by: Some(by.to_owned()) });
        // A run that is under way does not know of it.
        change.issue.seen_at = issue.seen_at;
        change
    })
}

impl Change {
    /// The same with what its entries tell of whom it hits.
    pub fn hitting(mut self, blast_radius: BlastRadius, since: Option<Timestamp>) -> Self {
        self.issue.since = since.map_or(self.issue.since, |since| since.min(self.issue.since));
        self.issue.blast_radius = Some(blast_radius);
        self
    }
}

#[cfg(test)]
mod tests;
