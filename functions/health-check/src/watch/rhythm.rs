//! The rhythm: counts the hours that were rolled up, and compares the present with them.

use jiff::Timestamp;
use shared::health::{
    CountedHour, History, Memory, Recent, Rhythm, SilentType, Step, Thresholds, listen,
};
use shared::log::TimeRange;
use shared::metrics::Filter;
use shared::rollup::{Bucket, Grain};
use shared::store::{Detail, EventStore, StoreError, counted};

/// Hours that are counted in a run, and bytes of them after which no further one is: a history that is
/// missing comes back over some hours, and no run pays for all of it.
const MOST_HOURS: usize = 12;
const MOST_BYTES: usize = 96 * 1024;

/// What the rhythm says.
pub struct Heard {
    /// Of all events.
    pub rhythm: Rhythm,
    /// Of single types.
    pub silent_types: Vec<SilentType>,
    /// Items that could not be read.
    pub damaged: Vec<String>,
}

/// Listens to the rhythm. `None` where nothing is known of the log.
pub async fn rhythm(
    memory: &mut Memory,
    store: &EventStore,
    recent: &Recent,
    run: Step,
    thresholds: &Thresholds,
) -> Result<Option<Heard>, StoreError> {
    let known = store.history(run.at).await?;
    // A memory that was lost makes no test mode of a live one.
    memory.live_seen |= known.history.progress.is_some_and(|progress| progress.live);
    let filter = counted(memory, recent);
    let closed = first_open_hour(run.at);
    let mut history = known.history.clone();
    history.begin(filter.livemode == Some(true), closed);
    if !known.damaged.is_empty() {
        history.count_again();
    }
    count_hours(&mut history, store, &filter, closed, run.at).await?;
    store.put_history(&known, &history, run.at).await?;
    let heard = listen(&history, recent, &filter, memory, run, thresholds);
    let Some((mut rhythm, silent_types)) = heard else { return Ok(None) };
    let damaged: Vec<String> = known
        .damaged
        .into_iter()
        .map(|scope| format!("baseline.{}", scope.replace("type#", "")))
        .collect();
    if !damaged.is_empty() {
        rhythm.basis.push_str("; a damaged history is being counted again");
    }
    Ok(Some(Heard { rhythm, silent_types, damaged }))
}

/// The first hour that is not read for the last time yet, in hours since 1970.
fn first_open_hour(now: Timestamp) -> i64 {
    let mut hour = Grain::Hour.bucket_of(now);
    while hour.settles_at() > now {
        let before = hour.start.as_second() - Grain::Hour.seconds();
        hour.start = Timestamp::from_second(before).unwrap_or(Timestamp::MIN);
    }
    hour.end().as_second().div_euclid(Grain::Hour.seconds())
}

async fn count_hours(
    history: &mut History,
    store: &EventStore,
    filter: &Filter,
    closed: i64,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (mut bytes, mut waits) = (0, false);
    for _ in 0..MOST_HOURS {
        let Some(hour) = history.next(closed, waits).filter(|_| bytes < MOST_BYTES) else { break };
        let start = Timestamp::from_second(hour.saturating_mul(Grain::Hour.seconds()));
        let bucket = Bucket { grain: Grain::Hour, start: start.unwrap_or(Timestamp::MIN) };
        let Some(range) = TimeRange::new(bucket.start, bucket.end()) else { break };
        let mut counted = None;
        store
            .rollups(Grain::Hour, range, Detail::Cells, now, |found| {
                // A damaged one is made again, and is as good as missing until then.
                if let Ok(stored) = found {
                    bytes += stored.encoded.len();
                    counted = Some(CountedHour::of(&stored.rollup, filter));
                }
            })
            .await?;
        waits |= history.count(hour, counted, closed);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_is_counted_once_it_is_read_for_the_last_time() {
        for (now, expected) in [
            ("2026-11-23T14:00:59Z", "2026-11-23T12:00:00Z"),
            ("2026-11-23T14:01:00Z", "2026-11-23T13:00:00Z"),
            ("2026-11-23T14:59:59Z", "2026-11-23T13:00:00Z"),
        ] {
            let hour = first_open_hour(now.parse().unwrap());
            assert_eq!(Timestamp::from_second(hour * 3_600).unwrap().to_string(), expected);
        }
    }
}
