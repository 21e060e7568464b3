//! Whom issues hit: as far as the newest entries that show them, and the deliveries of their events, tell.

mod whose;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use futures_util::stream::{self, StreamExt, TryStreamExt};
use jiff::{SignedDuration, Timestamp};
use shared::health::{BlastRadius, Change, Issue, IssueKind, Transition, Waiting};
use shared::log::{EventId, LogEntry, TimeRange};
use shared::metrics::Filter;
use shared::statistics::fold_message;
use shared::store::{EventStore, Scope, Search, StoreError};

use super::Seen;
use whose::{Sighting, Whose, radius};

/// Entries that are looked at to learn whom an issue hits.
const LOOKED_AT: usize = 100;
/// The same of errors, of which several share what is read.
const LOOKED_AT_OF_ERRORS: usize = 400;
/// Events of an issue whose delivery is read, half a read unit each where it is small.
const LOOKED_UP: usize = 20;
/// The same of a run: many errors may begin at once.
const LOOKED_UP_BY_A_RUN: usize = 60;
/// Deliveries are read so many at a time.
const AT_ONCE: usize = 8;
/// How long what is told of an issue stays as it is while the issue is open.
const FRESH: SignedDuration = SignedDuration::from_mins(30);

/// What a run has read for its issues: nothing is read twice, and of what is only to be refreshed one kind.
#[derive(Default)]
pub(super) struct Sight {
    of_kinds: BTreeMap<IssueKind, OfKind>,
    whose: BTreeMap<EventId, Whose>,
    refreshed: Option<IssueKind>,
}

/// What shows issues of a kind.
#[derive(Default)]
struct OfKind {
    entries: Vec<LogEntry>,
    last_accepted: Option<Timestamp>,
}

impl Sight {
    /// Whether it is to be read anew whom an open issue hits: when it gets worse, and now and then.
    pub fn is_due(&mut self, change: &Change, at: Timestamp) -> bool {
        let Change { issue, transition } = change;
        if !has_sightings(issue.kind) || issue.last_breach_at != at {
            return false;
        }
        let as_of = issue.blast_radius.as_ref().and_then(|radius| radius.as_of);
        let is_old = as_of.is_none_or(|as_of| at.duration_since(as_of) >= FRESH);
        *transition == Some(Transition::Escalated)
            || is_old && *self.refreshed.get_or_insert(issue.kind) == issue.kind
    }

    /// Whom an issue hits, from the newest entries since a time that show it.
    pub async fn radius(
        &mut self,
        store: &EventStore,
        issue: &Issue,
        seen: &Seen<'_>,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<BlastRadius, StoreError> {
        let OfKind { entries, last_accepted } = match self.of_kinds.entry(issue.kind) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                place.insert(of_kind(store, issue.kind, &seen.filter, since, now).await?)
            }
        };
        let (sightings, last_accepted) = (sightings(issue, entries, seen.waiting), *last_accepted);
        let mut ids: Vec<EventId> = Vec::new();
        for sighting in &sightings {
            if ids.len() < LOOKED_UP && !ids.contains(&sighting.event_id) {
                ids.push(sighting.event_id.clone());
            }
        }
        self.look_up(store, &ids, now).await?;
        ids.retain(|id| self.whose.contains_key(id));
        Ok(BlastRadius { last_accepted, as_of: Some(now), ..radius(&sightings, &ids, &self.whose) })
    }

    /// Reads whose events are, where that is not known and there is room.
    async fn look_up(
        &mut self,
        store: &EventStore,
        ids: &[EventId],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let room = LOOKED_UP_BY_A_RUN.saturating_sub(self.whose.len());
        let unknown = ids.iter().filter(|id| !self.whose.contains_key(*id)).take(room);
        let unknown: Vec<EventId> = unknown.cloned().collect();
        let read = unknown.into_iter().map(async |id| {
            let stored = store.first_delivery(&id, now).await?;
            let whose = stored.as_ref().map(Whose::of).unwrap_or_default();
            Ok::<_, StoreError>((id, whose))
        });
        let found: Vec<_> = stream::iter(read).buffer_unordered(AT_ONCE).try_collect().await?;
        self.whose.extend(found);
        Ok(())
    }
}

/// The newest entries that show issues of a kind, of one page's work, and when an event was last accepted.
async fn of_kind(
    store: &EventStore,
    kind: IssueKind,
    filter: &Filter,
    since: Timestamp,
    now: Timestamp,
) -> Result<OfKind, StoreError> {
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
            return shows(kind, entry) || !is_in_entries;
        }
        shows(kind, entry)
    };
    let limit = match kind {
        IssueKind::RecurringError => LOOKED_AT_OF_ERRORS,
        _ if is_in_entries => LOOKED_AT,
        _ => 1,
    };
    let search = Search { range, before: None, limit, scope: Scope::Events, now };
    let mut page = store.search(&search, keep).await?;
    page.entries.retain(|entry| shows(kind, entry));
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
fn sightings(issue: &Issue, entries: &[LogEntry], waiting: &[Waiting]) -> Vec<Sighting> {
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
fn has_sightings(kind: IssueKind) -> bool {
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

/// Whether an entry shows what an issue is about.
fn shows(kind: IssueKind, entry: &LogEntry) -> bool {
    match (kind, entry) {
        (IssueKind::LowSuccessRate | IssueKind::RecurringError, LogEntry::Outcome(outcome)) => {
            outcome.failure().is_some()
        }
        (
            IssueKind::HighProcessingTime | IssueKind::HighP95ProcessingTime,
            LogEntry::Outcome(_),
        ) => true,
        (IssueKind::QuarantinedEvents, LogEntry::Delivery(delivery)) => {
            delivery.quarantine.is_some()
        }
        (IssueKind::DeliveryLag | IssueKind::EventRateSpike, LogEntry::Delivery(_)) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;
    use shared::log::{Category, Failure, Level, Outcome, ProcessingResult};

    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_second(1_700_006_400 + minutes * 60).unwrap()
    }

    fn issue(kind: IssueKind, subject: Option<&str>) -> Issue {
        serde_json::from_value(json!({
            "kind": kind.as_str(), "subject": subject, "severity": "warning", "opened_at": at(0),
            "since": at(0), "last_breach_at": at(60), "good_runs": 0, "seen_at": at(60), "reopened": 0,
            "acknowledged": null, "snoozed": null, "resolved": null, "value": null, "limit": null,
            "evidence": "", "blast_radius": null, "version": 1,
        }))
        .unwrap()
    }

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

    #[test]
    fn what_is_open_is_looked_at_again_when_it_gets_worse_and_twice_an_hour_one_kind_a_run() {
        let change = |kind, age: Option<i64>, transition| {
            let radius =
                age.map(|age| BlastRadius { as_of: Some(at(60 - age)), ..BlastRadius::default() });
            Change { issue: Issue { blast_radius: radius, ..issue(kind, None) }, transition }
        };
        let (errors, slow) = (IssueKind::LowSuccessRate, IssueKind::HighProcessingTime);
        let escalated = Some(Transition::Escalated);
        let mut sight = Sight::default();
        for (kind, age, transition, minute, is_due) in [
            (errors, Some(29), None, 60, false),
            (errors, Some(5), escalated, 60, true),
            (errors, Some(30), None, 60, true),
            (slow, Some(30), None, 60, false),
            (slow, Some(5), escalated, 60, true),
            (errors, None, None, 60, true),
            // It is right again.
            (errors, Some(300), None, 65, false),
            // No entry shows it.
            (IssueKind::DatabaseUnhealthy, None, escalated, 60, false),
        ] {
            let found = sight.is_due(&change(kind, age, transition), at(minute));
            assert_eq!(found, is_due, "{kind} {age:?} {transition:?} {minute}");
        }
    }
}
