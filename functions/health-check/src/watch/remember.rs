//! What a run remembers of the log for the next: which types were seen when, which errors there are.

use jiff::{SignedDuration, Timestamp};
use shared::health::{Memory, Recent, TypeSeen};
use shared::log::TimeRange;
use shared::metrics::Filter;
use shared::rollup::{Grain, Label, Rollup};
use shared::store::{Detail, EventStore, StoreError, counted};

/// How far back windows are looked through after a pause.
const FURTHEST: SignedDuration = SignedDuration::from_hours(24);

/// Brings the memory up to date with what is rolled up.
pub async fn remember(
    memory: &mut Memory,
    store: &EventStore,
    recent: &Recent,
    now: Timestamp,
) -> Result<(), StoreError> {
    memory.live_seen |= recent.has_live();
    for (message, seen) in recent.messages() {
        memory.saw_error(message, seen);
    }
    let filter = counted(memory, recent);
    let Some(through) = recent.rolled_through else { return Ok(()) };
    let from = memory.types_through.unwrap_or(Timestamp::MIN).max(now - FURTHEST);
    let Some(range) = TimeRange::new(Grain::Window.bucket_of(from).start, through) else {
        return Ok(());
    };
    store
        .rollups(Grain::Window, range, Detail::Cells, now, |found| {
            if let Ok(stored) = found {
                saw_types(memory, &stored.rollup, &filter, stored.bucket.end());
            }
        })
        .await?;
    memory.types_through = Some(through);
    Ok(())
}

/// Remembers the types of a window: deliveries by their minute, outcomes by the window's end.
fn saw_types(memory: &mut Memory, window: &Rollup, filter: &Filter, end: Timestamp) {
    let counts = |mode: Option<bool>| filter.livemode.is_none_or(|wanted| mode == Some(wanted));
    for (key, minutes) in &window.minutes {
        if let (Label::Is(event_type), Some((minute, _)), false) =
            (&key.event_type, minutes.iter().next_back(), key.of_outcomes)
            && counts(key.livemode)
        {
            let delivered = i64::try_from(minute).unwrap_or_default();
            memory.saw_type(event_type, TypeSeen { delivered, ..TypeSeen::default() });
        }
    }
    // An outcome carries its mode only where its caller says so.
    for key in window.cells.keys().filter(|key| key.status.is_outcome()) {
        if let Label::Is(event_type) = &key.event_type {
            let outcome = end.as_second() / 60;
            memory.saw_type(event_type, TypeSeen { outcome, ..TypeSeen::default() });
        }
    }
}
