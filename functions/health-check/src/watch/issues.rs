//! Issues: what a run finds changes them, and every change of state is told.

mod hit;
mod since;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use shared::health::{
    Change, Finding, Issue, IssueKind, Recent, Step, Transition, Waiting, fingerprint,
    mends_itself, step,
};
use shared::metrics::Filter;
use shared::store::{
    Alert, AlertSource, EventStore, IssueWrite, KnownIssue, Retention, StoreError,
};

use hit::Sight;
use since::since;

/// Errors that are told one by one: a release that fails in every way is one thing to look at.
const MOST_ERRORS: usize = 10;

/// What became of the issues.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Stepped {
    /// All that are known now, whatever became of them.
    pub issues: Vec<Issue>,
    /// Changes of state that were told.
    pub told: u64,
    /// Changes that another run or a person had come before.
    pub refused: u64,
}

/// What a run finds, with no more errors than may be told one by one: those that are open already, then
/// the most frequent. The last one tells how many there are besides.
pub fn bounded(known: &[KnownIssue], found: Vec<Finding>) -> Vec<Finding> {
    let is_active = |known: &&KnownIssue| known.issue.as_ref().is_some_and(Issue::is_active);
    let open: BTreeSet<&str> =
        known.iter().filter(is_active).map(|known| known.fingerprint.as_str()).collect();
    let is_error = |finding: &Finding| finding.kind == IssueKind::RecurringError;
    let (mut errors, mut found): (Vec<_>, Vec<_>) = found.into_iter().partition(is_error);
    errors.sort_by_cached_key(|error| {
        let name = fingerprint(error.kind, error.subject.as_deref());
        (!open.contains(name.as_str()), Reverse(error.value.unwrap_or_default() as u64))
    });
    let others = errors.len().saturating_sub(MOST_ERRORS);
    errors.truncate(MOST_ERRORS);
    if let Some(last) = errors.last_mut().filter(|_| others > 0) {
        last.evidence.push_str(&format!("; and {others} others"));
    }
    found.extend(errors);
    found
}

/// Decides what becomes of every issue. A run that has not `looked` at everything ends none of those that
/// end when nothing is found.
pub fn changes(
    known: &[KnownIssue],
    findings: &[Finding],
    looked: bool,
    run: Step,
) -> Vec<(Change, u64)> {
    let by_fingerprint: BTreeMap<&str, &KnownIssue> =
        known.iter().map(|known| (known.fingerprint.as_str(), known)).collect();
    let mut seen = BTreeSet::new();
    let mut changes = Vec::new();
    for finding in findings {
        let name = fingerprint(finding.kind, finding.subject.as_deref());
        let before = by_fingerprint.get(name.as_str());
        let issue = before.and_then(|known| known.issue.as_ref());
        if let Some(change) = step(issue, Some(finding), run) {
            changes.push((change, before.map_or(0, |known| known.version)));
        }
        seen.insert(name);
    }
    for KnownIssue { fingerprint, version, issue } in known.iter().filter(|_| looked) {
        let Some(issue) = issue.as_ref().filter(|_| !seen.contains(fingerprint)) else { continue };
        if mends_itself(issue.kind, issue.subject.as_deref())
            && let Some(change) = step(Some(issue), None, run)
        {
            changes.push((change, *version));
        }
    }
    changes
}

/// What is known of the log, for issues that are open.
pub struct Seen<'a> {
    /// The last day.
    pub recent: &'a Recent,
    /// Events that have no outcome.
    pub waiting: &'a [Waiting],
    /// Which of its entries count.
    pub filter: Filter,
    /// When the last event came in, as far as earlier runs know.
    pub last_accepted: Option<Timestamp>,
}

/// Puts what becomes of every issue, and tells of it.
pub async fn apply(
    store: &EventStore,
    retention: Retention,
    known: Vec<KnownIssue>,
    changes: Vec<(Change, u64)>,
    seen: &Seen<'_>,
    run: Step,
) -> Result<Stepped, StoreError> {
    let mut stepped = Stepped::default();
    let mut sight = Sight::default();
    let mut now: BTreeMap<String, Issue> =
        known.into_iter().filter_map(|known| Some((known.fingerprint, known.issue?))).collect();
    for (mut change, version) in changes {
        let is_new = matches!(change.transition, Some(Transition::Opened | Transition::Reopened));
        if is_new || sight.is_due(&change, run.at) {
            let since = is_new.then(|| since(&change.issue, seen)).flatten();
            let from = since.unwrap_or(change.issue.since);
            let radius = sight.radius(store, &change.issue, seen, from, run.at).await;
            // An issue is told even where it cannot be told whom it hits.
            let radius = radius.unwrap_or_else(|error| {
                tracing::warn!(issue = %change.issue.kind, %error, "blast radius not read");
                change.issue.blast_radius.clone().unwrap_or_default()
            });
            change = change.hitting(radius, since);
        }
        if let Some(radius) = &mut change.issue.blast_radius {
            radius.last_accepted = radius.last_accepted.max(seen.last_accepted);
        }
        let alert = change.transition.map(|transition| alert(&change.issue, transition, run.at));
        let write =
            IssueWrite { issue: &change.issue, version, alert: alert.as_ref(), audit: None };
        if store.put_issue(&write, retention).await? {
            stepped.told += u64::from(alert.is_some());
            now.insert(change.issue.fingerprint(), change.issue);
        } else {
            stepped.refused += 1;
        }
    }
    stepped.issues = now.into_values().collect();
    Ok(stepped)
}

fn alert(issue: &Issue, transition: Transition, at: Timestamp) -> Alert {
    let fingerprint = issue.fingerprint();
    tracing::warn!(
        issue = fingerprint,
        severity = %issue.severity,
        since = %issue.since,
        "issue {transition}"
    );
    Alert {
        at,
        id: format!("{fingerprint}:{transition}"),
        source: AlertSource::Issue,
        subject: fingerprint,
        state: transition.as_str().to_owned(),
        severity: Some(issue.severity.as_str().to_owned()),
        text: format!("{} {}", issue.description(), issue.evidence).trim().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use shared::health::{OwnTrouble, Tier};

    use super::*;

    fn run_at(minutes: i64) -> Step {
        let at = Timestamp::from_second(1_700_006_400 + minutes * 60).unwrap();
        Step { at, interval: SignedDuration::from_mins(5) }
    }

    fn error(message: &str, count: f64) -> Finding {
        Finding {
            kind: IssueKind::RecurringError,
            subject: Some(message.to_owned()),
            tier: Some(Tier::Warning),
            value: Some(count),
            evidence: format!("{count} in the last hour"),
            ..Finding::of_trouble(&OwnTrouble::DamagedItem(String::new()))
        }
    }

    /// The issues that findings open.
    fn opened(findings: &[Finding]) -> Vec<KnownIssue> {
        let changes = changes(&[], findings, true, run_at(0)).into_iter();
        let known = changes.map(|(change, _)| KnownIssue {
            fingerprint: change.issue.fingerprint(),
            version: 1,
            issue: Some(change.issue),
        });
        known.collect()
    }

    #[test]
    fn of_many_errors_those_that_are_open_and_the_most_frequent_are_told() {
        let mut findings: Vec<Finding> =
            (1..=120).map(|n| error(&format!("error-{n}"), f64::from(n))).collect();
        findings.push(Finding::of_trouble(&OwnTrouble::DamagedItem("mutes".to_owned())));
        let known = opened(&[error("error-5", 5.0)]);
        let bounded = bounded(&known, findings);
        let subjects: Vec<_> = bounded.iter().filter_map(|f| f.subject.as_deref()).collect();
        let expected = [
            "mutes",
            "error-5",
            "error-120",
            "error-119",
            "error-118",
            "error-117",
            "error-116",
            "error-115",
            "error-114",
            "error-113",
            "error-112",
        ];
        assert_eq!(subjects, expected);
        assert_eq!(bounded.last().unwrap().evidence, "112 in the last hour; and 110 others");
    }

    #[test]
    fn a_run_that_has_not_looked_ends_nothing() {
        let known = opened(&[error("error-1", 5.0)]);
        assert_eq!(changes(&known, &[], false, run_at(5)), []);
        let changes = changes(&known, &[], true, run_at(5));
        assert_eq!(changes[0].0.transition, Some(Transition::Recovering));
        let again = [error("error-1", 6.0)];
        assert_eq!(super::changes(&known, &again, false, run_at(5)).len(), 1);
    }
}
