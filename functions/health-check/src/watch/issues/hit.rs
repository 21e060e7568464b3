//! Whom issues hit: as far as the newest entries that show them, and the deliveries of their events, tell.

mod shown;
mod whose;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use futures_util::stream::{self, StreamExt, TryStreamExt};
use jiff::{SignedDuration, Timestamp};
use shared::health::{BlastRadius, Change, Issue, IssueKind, Transition};
use shared::log::EventId;
use shared::store::{EventStore, StoreError};

use super::Seen;
use shown::{OfKind, has_sightings, of_kind, sightings};
use whose::{Whose, radius};

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
                place.insert(of_kind(store, issue, &seen.filter, since, now).await?)
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    pub(super) fn at(minutes: i64) -> Timestamp {
        Timestamp::from_second(1_700_006_400 + minutes * 60).unwrap()
    }

    pub(super) fn issue(kind: IssueKind, subject: Option<&str>) -> Issue {
        serde_json::from_value(json!({
            "kind": kind.as_str(), "subject": subject, "severity": "warning", "opened_at": at(0),
            "since": at(0), "last_breach_at": at(60), "good_runs": 0, "seen_at": at(60), "reopened": 0,
            "acknowledged": null, "snoozed": null, "resolved": null, "value": null, "limit": null,
            "evidence": "", "blast_radius": null, "version": 1,
        }))
        .unwrap()
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
