//! Which entries of the log show which issues.

use std::cell::Cell;

use jiff::{SignedDuration, Timestamp};
use shared::health::{Issue, IssueKind, Waiting};
use shared::log::{LogEntry, TimeRange, Verdict};
use shared::metrics::Filter;
use shared::statistics::fold_message;
use shared::store::{EventStore, Scope, Search, StoreError};

use super::whose::Sighting;

/// Entries that are looked at to learn whom an issue hits.
const LOOKED_AT: usize = 100;
/// The same of errors, of which several share what is read.
const LOOKED_AT_OF_ERRORS: usize = 400;

/// What shows issues of a kind.
#[derive(Default)]
pub struct OfKind {
    /// The newest first.
    pub entries: Vec<LogEntry>,
    /// When an event was last accepted, as far as was looked at.
    pub last_accepted: Option<Timestamp>,
}

/// The newest entries that show issues of this one's kind, of one page's work, and when an event was last accepted.
pub async fn of_kind(
    store: &EventStore,
    issue: &Issue,
    filter: &Filter,
    since: Timestamp,
    now: Timestamp,
) -> Result<OfKind, StoreError> {
    let kind = issue.kind;
    let Some(range) = TimeRange::new(since.min(now - at_least(kind)), now) else {
        return Ok(OfKind::default());
    };
    let last_accepted = Cell::new(None);
    let is_in_entries = is_in_entries(kind);
    let keep = |entry: &LogEntry| {
        if !counts(filter, entry) {
            return false;
        }
        if let LogEntry::Delivery(delivery) = entry {
            last_accepted.set(last_accepted.get().max(Some(delivery.received_at)));
            // Of what no entry shows, the last event is told.
            return shows(issue, entry) || !is_in_entries;
        }
        shows(issue, entry)
    };
    let limit = match kind {
        IssueKind::RecurringError => LOOKED_AT_OF_ERRORS,
        _ if is_in_entries => LOOKED_AT,
        _ => 1,
    };
    let search = Search { range, before: None, limit, scope: Scope::Events, now };
    let mut page = store.search(&search, keep).await?;
    page.entries.retain(|entry| shows(issue, entry));
    Ok(OfKind { entries: page.entries, last_accepted: last_accepted.get() })
}

/// The stretch that is looked at where an issue is younger: what it was judged by.
fn at_least(kind: IssueKind) -> SignedDuration {
    match kind {
        IssueKind::RecurringError | IssueKind::QuarantinedEvents => SignedDuration::from_hours(1),
        _ => SignedDuration::from_mins(5),
    }
}

/// Where an issue is seen. The events that nobody processed are known by name.
pub fn sightings(issue: &Issue, entries: &[LogEntry], waiting: &[Waiting]) -> Vec<Sighting> {
    let is_about = |entry: &&LogEntry| match (&issue.subject, entry) {
        (Some(subject), LogEntry::Outcome(outcome)) => {
            let message = outcome.failure().and_then(|failure| failure.message.as_deref());
            message.is_some_and(|message| fold_message(message) == *subject)
        }
        _ => true,
    };
    match issue.kind {
        IssueKind::UnprocessedEvents => waiting.iter().filter_map(Sighting::waiting).collect(),
        _ => {
            let shown = entries.iter().filter(is_about).take(LOOKED_AT);
            shown.filter_map(Sighting::of).collect()
        }
    }
}

fn counts(filter: &Filter, entry: &LogEntry) -> bool {
    match entry {
        LogEntry::Delivery(delivery) => filter.means_mode(false, delivery.event.livemode),
        LogEntry::Outcome(outcome) => filter.means_mode(true, outcome.livemode),
        LogEntry::Rejection(_) => true,
    }
}

/// Whether there are events that show issues of a kind at all.
pub fn has_sightings(kind: IssueKind) -> bool {
    is_in_entries(kind) || kind == IssueKind::UnprocessedEvents
}

/// Whether entries of the log show them.
fn is_in_entries(kind: IssueKind) -> bool {
    matches!(
        kind,
        IssueKind::LowSuccessRate
            | IssueKind::RecurringError
            | IssueKind::HighProcessingTime
            | IssueKind::HighP95ProcessingTime
            | IssueKind::QuarantinedEvents
            | IssueKind::DeliveryLag
            | IssueKind::EventRateSpike
    )
}

/// Whether an entry shows what issues of a kind are about: of what takes too long, what is beyond the limit.
fn shows(issue: &Issue, entry: &LogEntry) -> bool {
    let is_beyond = |seconds: f64| issue.limit.is_none_or(|limit| seconds > limit);
    match (issue.kind, entry) {
        (IssueKind::LowSuccessRate | IssueKind::RecurringError, LogEntry::Outcome(outcome)) => {
            outcome.failure().is_some()
        }
        (
            IssueKind::HighProcessingTime | IssueKind::HighP95ProcessingTime,
            LogEntry::Outcome(outcome),
        ) => is_beyond(outcome.processing_time.as_secs_f64()),
        (IssueKind::QuarantinedEvents, LogEntry::Delivery(delivery)) => {
            delivery.quarantine.is_some()
        }
        (IssueKind::DeliveryLag, LogEntry::Delivery(delivery)) => {
            let lag = delivery.lag().filter(|_| delivery.verdict == Verdict::Accepted);
            lag.is_some_and(|lag| is_beyond(lag.as_secs_f64()))
        }
        (IssueKind::EventRateSpike, LogEntry::Delivery(_)) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use shared::log::{Category, EventId, Failure, Level, Outcome, ProcessingResult};

    use super::super::tests::{at, issue};
    use super::*;

    fn failed(n: usize, message: &str) -> LogEntry {
        LogEntry::Outcome(Box::new(Outcome {
            event_id: EventId::parse(&format!("evt_{n}")).unwrap(),
            request_id: "job".to_owned(),
            logged_at: at(0),
            ended_at: at(0),
            result: ProcessingResult::Failed(Failure {
                message: Some(message.to_owned()),
                ..Failure::default()
            }),
            processing_time: Duration::ZERO,
            retry_attempts: 0,
            event_type: "a".to_owned(),
            livemode: None,
            account: None,
            api_version: None,
            entity: None,
            level: Level::Error,
            category: Category::Error,
            source_ip: None,
            user_agent: None,
            session_id: None,
            correlation_id: None,
        }))
    }

    #[test]
    fn an_error_is_seen_where_its_message_is_and_what_nobody_processed_by_name() {
        let entries: Vec<LogEntry> = (0..400)
            .map(|n| {
                failed(n, &format!("no {} for order {n}", if n % 8 == 0 { "row" } else { "price" }))
            })
            .collect();
        let waiting = |n: usize| Waiting {
            event_id: format!("evt_waits_{n}"),
            event_type: "b".to_owned(),
            received_at: at(0),
        };
        let waiting: Vec<Waiting> = (0..3).map(waiting).collect();
        for (kind, subject, seen, first) in [
            (IssueKind::RecurringError, Some("no row for order <n>"), 50, Some("evt_0")),
            (IssueKind::RecurringError, Some("no price for order <n>"), 100, Some("evt_1")),
            (IssueKind::RecurringError, Some("no time"), 0, None),
            (IssueKind::LowSuccessRate, None, 100, Some("evt_0")),
            (IssueKind::UnprocessedEvents, None, 3, Some("evt_waits_0")),
        ] {
            let sightings = sightings(&issue(kind, subject), &entries, &waiting);
            let found = sightings.first().map(|sighting| sighting.event_id.as_str());
            assert_eq!((sightings.len(), found), (seen, first), "{kind} {subject:?}");
        }
    }
}
