//! Whom an issue hits, and since when: as far as the last day and its newest entries tell.

use std::collections::BTreeSet;

use jiff::Timestamp;
use shared::health::{BlastRadius, Issue, IssueKind};
use shared::log::{LogEntry, TimeRange};
use shared::metrics::Filter;
use shared::rollup::{Rollup, Status};
use shared::store::{EventStore, Scope, Search, StoreError};

use super::Seen;

/// Entries that are looked at to learn whom an issue hits.
const LOOKED_AT: usize = 100;
/// Ids that are told.
const SAMPLES: usize = 5;

/// Since when it is so, as far as the log's parts tell.
pub(super) fn since(issue: &Issue, seen: &Seen<'_>) -> Option<Timestamp> {
    let limit = issue.limit.unwrap_or_default();
    let sum = |part: &Rollup, statuses: &[Status]| -> (u64, f64) {
        let meant = part.cells.iter().filter(|(key, _)| {
            statuses.contains(&key.status)
                && seen.filter.means_mode(key.status.is_outcome(), key.livemode)
        });
        meant.fold((0, 0.0), |(count, micros), (_, measure)| {
            (count + measure.count, micros + measure.micros as f64)
        })
    };
    seen.recent.bad_since(|part| match issue.kind {
        IssueKind::LowSuccessRate => {
            let (failed, _) = sum(part, &[Status::Failed]);
            let (all, _) = sum(part, &[Status::Failed, Status::Succeeded]);
            (all > 0).then_some(failed as f64 > limit * all as f64)
        }
        IssueKind::HighProcessingTime => {
            let (all, micros) = sum(part, &[Status::Failed, Status::Succeeded]);
            (all > 0).then_some(micros / 1e6 > limit * all as f64)
        }
        IssueKind::DeliveryLag => {
            let (all, micros) = sum(part, &[Status::Received, Status::Quarantined]);
            (all > 0).then_some(micros / 1e6 > limit * all as f64)
        }
        IssueKind::RefusedGenuine => {
            let refused =
                part.rejections.iter().any(|(key, count)| key.refused_genuine && *count > 0);
            let (received, _) = sum(part, &[Status::Received]);
            (refused || received > 0).then_some(refused)
        }
        IssueKind::ForgedTraffic => Some(part.rejected() as f64 / 5.0 > limit),
        _ => None,
    })
}

/// Whom it hits, from the newest entries that show it.
pub(super) async fn blast_radius(
    store: &EventStore,
    kind: IssueKind,
    filter: &Filter,
    since: Timestamp,
    now: Timestamp,
) -> Result<BlastRadius, StoreError> {
    let mut radius = BlastRadius::default();
    let Some(range) = TimeRange::new(since.min(now - jiff::SignedDuration::from_mins(5)), now)
    else {
        return Ok(radius);
    };
    let search = Search { range, before: None, limit: LOOKED_AT, scope: Scope::Events, now };
    let page = store.search(&search, |_| true).await?;
    let mut entities = BTreeSet::new();
    let mut accounts = BTreeSet::new();
    let mut event_types = BTreeSet::new();
    for entry in page.entries.iter().filter(|entry| counts(filter, entry)) {
        if let LogEntry::Delivery(delivery) = entry {
            radius.last_accepted = radius.last_accepted.max(Some(delivery.received_at));
        }
        if !shows(kind, entry) {
            continue;
        }
        let (id, event_type, entity, account) = match entry {
            LogEntry::Delivery(delivery) => (
                &delivery.event_id,
                delivery.event.event_type.as_deref(),
                delivery.event.entity.as_ref(),
                delivery.event.account.as_deref(),
            ),
            LogEntry::Outcome(outcome) => (
                &outcome.event_id,
                Some(outcome.event_type.as_str()),
                outcome.entity.as_ref(),
                outcome.account.as_deref(),
            ),
            LogEntry::Rejection(_) => continue,
        };
        radius.entries += 1;
        entities.extend(entity.cloned().map(|entity| (entity.entity_type, entity.id)));
        accounts.extend(account.map(str::to_owned));
        event_types.extend(event_type.map(str::to_owned));
        let id = id.to_string();
        if radius.sample_events.len() < SAMPLES && !radius.sample_events.contains(&id) {
            radius.sample_events.push(id);
        }
    }
    radius.entities = entities.len() as u64;
    radius.accounts = accounts.len() as u64;
    radius.event_types = event_types.into_iter().take(20).collect();
    Ok(radius)
}

fn counts(filter: &Filter, entry: &LogEntry) -> bool {
    match entry {
        LogEntry::Delivery(delivery) => filter.means_mode(false, delivery.event.livemode),
        LogEntry::Outcome(outcome) => filter.means_mode(true, outcome.livemode),
        LogEntry::Rejection(_) => true,
    }
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
        (
            IssueKind::DeliveryLag | IssueKind::EventRateSpike | IssueKind::UnprocessedEvents,
            LogEntry::Delivery(_),
        ) => true,
        _ => false,
    }
}
