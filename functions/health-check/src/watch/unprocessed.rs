//! Events that the application never told anything of.
//!
//! A window is looked at once, when it is as old as an event may be without an outcome: its deliveries
//! are joined with the outcomes since. Some of those that are left are looked up one by one, since the
//! index may lag; those without an outcome are remembered, and looked up again in every run until they
//! have one, for a day at most.

use std::time::Duration;

use futures_util::stream::{self, StreamExt, TryStreamExt};
use jiff::{SignedDuration, Timestamp};
use shared::health::{Memory, Unprocessed, Waiting};
use shared::log::{Delivery, EventId};
use shared::metrics::Filter;
use shared::rollup::{Bucket, Grain};
use shared::store::{EventStore, Joined, StoreError};

/// Events of a window that are looked up, and events that are remembered: half a read unit each.
const MOST: usize = 24;
/// Windows that are looked at in a run; after a pause, the newest.
const MOST_WINDOWS: usize = 3;
/// Events are looked up so many at a time.
const AT_ONCE: usize = 8;
/// An event that still has no outcome then is given up.
const GIVEN_UP: SignedDuration = SignedDuration::from_hours(24);
/// Types without an outcome for so long are not processed at all, and none is missed.
const PROCESSED: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Ids that are told.
const SAMPLES: usize = 5;

/// Looks for events without an outcome. `after` is how long an event may be without one.
pub async fn unprocessed(
    memory: &mut Memory,
    store: &EventStore,
    filter: &Filter,
    after: Duration,
    now: Timestamp,
) -> Result<Unprocessed, StoreError> {
    memory.waiting.retain(|waiting| now.duration_since(waiting.received_at) < GIVEN_UP);
    // A look-up that fails forgets none of them.
    memory.waiting = without_outcome(store, memory.waiting.clone()).await?;
    let mut basis = Vec::new();
    for window in windows(memory.waiting_through, after, now) {
        let joined = {
            let ought = |delivery: &Delivery| ought_to_be_processed(delivery, memory, filter, now);
            store.without_outcome(window, now, ought).await?
        };
        basis.push(told(window, &joined));
        let chosen = chosen(joined.without.into_iter().map(waiting).collect());
        memory.waiting.extend(without_outcome(store, chosen).await?);
        memory.waiting_through = Some(window.end());
    }
    memory.waiting.sort_by_key(|waiting| waiting.received_at);
    memory.waiting.dedup_by(|one, other| one.event_id == other.event_id);
    memory.waiting = kept(std::mem::take(&mut memory.waiting));
    basis.push(format!("{} known to have no outcome", memory.waiting.len()));
    let samples = memory.waiting.iter().take(SAMPLES).map(|waiting| waiting.event_id.clone());
    Ok(Unprocessed {
        oldest: memory.waiting.first().map(|waiting| waiting.received_at),
        count: memory.waiting.len() as u64,
        samples: samples.collect(),
        basis: basis.join("; "),
    })
}

/// The windows that have come of age since the last one that was looked at, the oldest first.
fn windows(through: Option<Timestamp>, after: Duration, now: Timestamp) -> Vec<Bucket> {
    let after = SignedDuration::try_from(after).unwrap_or(GIVEN_UP);
    let of_age = now.saturating_sub(after).unwrap_or(Timestamp::MIN);
    let mut window = Grain::Window.bucket_of(of_age);
    let mut windows = Vec::new();
    while windows.len() < MOST_WINDOWS {
        let start = window.start - SignedDuration::from_secs(Grain::Window.seconds());
        window = Bucket { start, ..window };
        if through.is_some_and(|through| window.start < through) {
            break;
        }
        windows.push(window);
    }
    windows.reverse();
    windows
}

/// Whether an event counts, and is of a type that is processed at all.
fn ought_to_be_processed(
    delivery: &Delivery,
    memory: &Memory,
    filter: &Filter,
    now: Timestamp,
) -> bool {
    let since = (now - PROCESSED).as_second() / 60;
    let is_processed = |event_type: &String| {
        memory.types.get(event_type).is_some_and(|seen| seen.outcome >= since && seen.outcome > 0)
    };
    filter.livemode.is_none_or(|wanted| delivery.event.livemode == Some(wanted))
        && delivery.event.event_type.as_ref().is_some_and(is_processed)
}

fn waiting(delivery: Delivery) -> Waiting {
    Waiting {
        event_id: delivery.event_id.to_string(),
        event_type: delivery.event.event_type.unwrap_or_default(),
        received_at: delivery.received_at,
    }
}

/// So many of them as may be looked up, spread over the window.
fn chosen(candidates: Vec<Waiting>) -> Vec<Waiting> {
    let step = candidates.len().div_ceil(MOST).max(1);
    candidates.into_iter().step_by(step).collect()
}

/// So many as are remembered, from old to new: the oldest of each hour, and the oldest of all. Were they the oldest
/// alone, all of them would be given up at once, and everything look mended.
fn kept(waiting: Vec<Waiting>) -> Vec<Waiting> {
    let hour = |waiting: &Waiting| waiting.received_at.as_second().div_euclid(3_600);
    let mut last = None;
    let (firsts, others): (Vec<_>, Vec<_>) =
        waiting.into_iter().partition(|waiting| last.replace(hour(waiting)) != Some(hour(waiting)));
    let mut kept: Vec<Waiting> = firsts.into_iter().chain(others).take(MOST).collect();
    kept.sort_by_key(|waiting| waiting.received_at);
    kept
}

fn told(window: Bucket, joined: &Joined) -> String {
    let Joined { looked_at, without, shards, is_whole } = joined;
    let start = window.start;
    let of = match shards {
        8 => "all".to_owned(),
        shards => format!("a sample by id hash ({shards} of 8 shards),"),
    };
    let unsure = if *is_whole { "" } else { ", outcomes since not all read" };
    format!(
        "{of} {looked_at} events of the window {start} joined with outcomes: {} without{unsure}",
        without.len()
    )
}

async fn without_outcome(
    store: &EventStore,
    events: Vec<Waiting>,
) -> Result<Vec<Waiting>, StoreError> {
    let looked_up = events.into_iter().map(async |waiting| {
        let Some(id) = EventId::parse(&waiting.event_id) else { return Ok(None) };
        Ok((!store.has_outcome(&id).await?).then_some(waiting))
    });
    let found = stream::iter(looked_up).buffer_unordered(AT_ONCE);
    found.try_filter_map(async |waiting| Ok(waiting)).try_collect().await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_second(1_700_006_400 + minutes * 60).unwrap()
    }

    #[test]
    fn a_window_is_looked_at_once_when_it_is_of_age() {
        let after = Duration::from_secs(900);
        let starts = |through: Option<i64>, now: i64| -> Vec<i64> {
            let windows = windows(through.map(at), after, at(now));
            windows.iter().map(|w| (w.start.as_second() - at(0).as_second()) / 60).collect()
        };
        assert_eq!(starts(None, 31), [0, 5, 10]);
        assert_eq!(starts(Some(10), 31), [10]);
        assert_eq!(starts(Some(15), 31), [] as [i64; 0]);
        assert_eq!(starts(Some(15), 34), [] as [i64; 0]);
        assert_eq!(starts(Some(15), 35), [15]);
        assert_eq!(starts(Some(0), 120), [90, 95, 100]);
    }

    fn waiting(n: i64) -> Waiting {
        let (event_id, event_type) = (format!("evt_{n}"), "a".to_owned());
        Waiting { event_id, event_type, received_at: at(n) }
    }

    #[test]
    fn what_is_remembered_is_not_given_up_all_at_once() {
        let mut known: Vec<Waiting> = Vec::new();
        let mut oldest = Vec::new();
        for now in (0..3 * 1_440).step_by(5) {
            known.retain(|waiting| at(now).duration_since(waiting.received_at) < GIVEN_UP);
            known.extend((0..5).map(|n| waiting(now - 20 + n)));
            known = kept(known);
            assert!(known.len() <= MOST && known.is_sorted_by_key(|waiting| waiting.received_at));
            oldest.push((now - 20).min(at(now).duration_since(known[0].received_at).as_mins()));
        }
        // After a day of a dead application, and after two, the oldest is still about a day old.
        assert!(oldest[300..].iter().all(|minutes| *minutes > 22 * 60), "{oldest:?}");
        let few: Vec<Waiting> = (0..MOST as i64).map(waiting).collect();
        assert_eq!(kept(few.clone()), few);
    }

    #[test]
    fn a_sample_is_spread_over_its_window() {
        for (events, expected) in [(0, 0), (1, 1), (24, 24), (25, 13), (100, 20), (1_000, 24)] {
            let chosen = chosen((0..events).map(waiting).collect());
            assert_eq!(chosen.len(), expected, "{events}");
        }
    }
}
