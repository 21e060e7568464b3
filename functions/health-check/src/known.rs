//! What has been rolled up, as far as it matters for what is due.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use jiff::{SignedDuration, Timestamp};
use shared::log::TimeRange;
use shared::rollup::{Bucket, GRACE, Grain};
use shared::store::{
    DamagedRollup, Detail, EventStore, MadeDays, RollupMark, StoreError, StoredRollup,
};

/// Windows so recent are looked at even where their hour is made.
pub const RECENT: SignedDuration = SignedDuration::from_hours(3);
/// Hours so recent have their cells looked at in every run; older ones a few at a time.
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// Older hours that a run looks at, whatever is said of them.
const A_FEW: SignedDuration = SignedDuration::from_hours(6);

/// What was found.
#[derive(Debug, Default)]
pub struct Known {
    /// The first instant that there is anything to roll up of.
    pub since: Timestamp,
    /// When the log was read for each sound rollup.
    pub read_at: BTreeMap<Bucket, Timestamp>,
    /// What is there and is no rollup.
    pub damaged: Vec<DamagedRollup>,
    /// What an earlier run has said, where it holds now.
    pub mark: Option<RollupMark>,
    /// A day that is said to be made and is not there.
    pub lost_day: Option<Bucket>,
    /// Entries in the totals of each sound rollup.
    entries: BTreeMap<Bucket, u64>,
}

/// Loads what has been rolled up: the totals of every hour that the log still has, those of windows
/// that are recent or have no hour, and the cells of the last day and of a few other hours. Of hours that
/// an earlier run has seen made, only these are looked at: a month of them costs more than all else.
pub async fn load(
    store: &EventStore,
    log_since: Timestamp,
    said: Option<RollupMark>,
    now: Timestamp,
) -> Result<Known, StoreError> {
    let mark = said.filter(|mark| holds(mark, log_since, now));
    let mut known = Known { mark, ..Known::default() };
    let whole = TimeRange::new(hour_of(log_since).start, now);
    let last_day = hour_of(now - DAY).start;
    let unknown = mark.map_or(last_day, |mark| last_day.min(mark.through));
    let others = others_of_run(log_since, now);
    let other = others.start..others.end.min(unknown);
    match mark {
        None => {
            known.add_totals(store, Grain::Hour, whole, now).await?;
            known.since = first_instant(store, &known, whole, now).await?.max(log_since);
        }
        Some(mark) => {
            known.since = mark.since.max(log_since);
            let made = std::iter::successors(Some(hour_of(known.since)), |hour| Some(hour.next()))
                .take_while(|hour| hour.start < unknown)
                .filter(|hour| !other.contains(&hour.start));
            known.read_at.extend(made.map(|hour| (hour, hour.settles_at())));
            for range in [TimeRange::new(unknown, now), TimeRange::new(other.start, other.end)] {
                known.add_totals(store, Grain::Hour, range, now).await?;
            }
        }
    }
    let recent = hour_of(now - RECENT).start;
    for (from, to) in stretches_without_hours(&known, recent, now) {
        known.add_totals(store, Grain::Window, TimeRange::new(from, to), now).await?;
    }
    known.forget_hours_of_other_windows(recent, now);
    for (grain, from, to) in [
        (Grain::Window, recent, now),
        (Grain::Hour, last_day, now),
        (Grain::Hour, other.start, other.end),
    ] {
        known.check_cells(store, grain, TimeRange::new(from, to), now).await?;
    }
    let days = said.and_then(|said| said.days);
    if let Some(day) = days.and_then(|days| day_of_run(&others, days, now)) {
        known.add_totals(store, Grain::Day, day.range(), now).await?;
        known.check_cells(store, Grain::Day, day.range(), now).await?;
        known.lost_day = Some(day).filter(|day| !known.read_at.contains_key(day));
    }
    Ok(known)
}

/// Whether what was said holds. Not where no hour is made yet, where the log is kept for longer since, where
/// it was said so long ago that entries have expired unseen, or in the future: by a clock that was wrong.
fn holds(mark: &RollupMark, log_since: Timestamp, now: Timestamp) -> bool {
    let is_recent = log_since <= mark.through && mark.through <= now;
    mark.looked_from <= log_since && mark.since < mark.through && is_recent
}

/// Where rolling up begins: with the oldest entry; in a log without, with the oldest rollup of the last
/// day; the newest window is rolled up in any case.
async fn first_instant(
    store: &EventStore,
    known: &Known,
    log: Option<TimeRange>,
    now: Timestamp,
) -> Result<Timestamp, StoreError> {
    // Where entries have expired before the log's retention says so, since it was raised, nothing may be
    // made of what is left.
    let rollup = known.read_at.keys().map(|bucket| bucket.start).min();
    let rollup = rollup.map(|first| first.max(now - DAY));
    let entry = match log {
        Some(range) => store.oldest_entry(range).await?,
        None => None,
    };
    let newest = Grain::Window.bucket_of(now - GRACE).start - SignedDuration::from_mins(5);
    let first = [rollup, entry].into_iter().flatten().fold(newest, Timestamp::min);
    Ok(Grain::Window.bucket_of(first).start)
}

/// The stretches of hours that are recent or are not made, from old to new.
fn stretches_without_hours(
    known: &Known,
    recent: Timestamp,
    now: Timestamp,
) -> Vec<(Timestamp, Timestamp)> {
    let mut stretches: Vec<(Timestamp, Timestamp)> = Vec::new();
    let hours = std::iter::successors(Some(hour_of(known.since)), |hour| Some(hour.next()));
    for hour in hours.take_while(|hour| hour.start <= now) {
        if hour.start < recent && known.read_at.contains_key(&hour) {
            continue;
        }
        match stretches.last_mut().filter(|(_, to)| *to == hour.start) {
            Some((_, to)) => *to = hour.end(),
            None => stretches.push((hour.start, hour.end())),
        }
    }
    stretches
}

/// The few hours, of those that the log has, that are this run's to look at.
fn others_of_run(log_since: Timestamp, now: Timestamp) -> Range<Timestamp> {
    let parts = (now.duration_since(log_since).as_hours() / A_FEW.as_hours()).max(1);
    let runs = now.as_second() / Grain::Window.seconds();
    let before = SignedDuration::from_hours(A_FEW.as_hours() * (runs % parts));
    let start = hour_of(log_since).start + before;
    start..start + A_FEW
}

/// The day that is this run's to look at: one that begins in its hours and is made, whatever a clock says that
/// was ahead.
fn day_of_run(others: &Range<Timestamp>, made: MadeDays, now: Timestamp) -> Option<Bucket> {
    let day = Grain::Day.bucket_of(others.end - SignedDuration::from_secs(1));
    let is_made = made.from <= day.start && day.end() <= made.through && day.settles_at() <= now;
    Some(day).filter(|day| is_made && day.start >= others.start)
}

fn hour_of(at: Timestamp) -> Bucket {
    Grain::Hour.bucket_of(at)
}

impl Known {
    async fn add_totals(
        &mut self,
        store: &EventStore,
        grain: Grain,
        range: Option<TimeRange>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let Some(range) = range else { return Ok(()) };
        let take = |found| match found {
            Ok(StoredRollup { bucket, read_at, rollup, .. }) => {
                self.read_at.insert(bucket, read_at);
                self.entries.insert(bucket, rollup.entries());
            }
            Err(damaged) => self.damaged.push(damaged),
        };
        store.rollups(grain, range, Detail::Totals, now, take).await
    }

    /// Forgets recent hours that are not what their windows add up to: a clock that was ahead has made them of
    /// nothing.
    fn forget_hours_of_other_windows(&mut self, recent: Timestamp, now: Timestamp) {
        let hours = std::iter::successors(Some(hour_of(recent)), |hour| Some(hour.next()));
        for hour in hours.take_while(|hour| hour.end() <= now) {
            let windows: Option<u64> =
                hour.parts().map(|window| self.entries.get(&window)).sum::<Option<u64>>();
            if windows.is_some_and(|windows| self.entries.get(&hour) != Some(&windows)) {
                self.read_at.remove(&hour);
            }
        }
    }

    /// Forgets what has totals and no sound cells, or cells of another reading.
    async fn check_cells(
        &mut self,
        store: &EventStore,
        grain: Grain,
        range: Option<TimeRange>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let Some(range) = range else { return Ok(()) };
        let mut sound = BTreeSet::new();
        let (damaged, entries) = (&mut self.damaged, &self.entries);
        let take = |found: Result<StoredRollup, _>| match found {
            Ok(StoredRollup { bucket, rollup, .. }) => {
                if entries.get(&bucket) == Some(&rollup.entries()) {
                    sound.insert(bucket);
                }
            }
            Err(item) => damaged.push(item),
        };
        store.rollups(grain, range, Detail::Cells, now, take).await?;
        self.read_at.retain(|bucket, _| {
            let looked_at =
                bucket.grain == grain && bucket.start >= range.from() && bucket.end() <= range.to();
            !looked_at || sound.contains(bucket)
        });
        Ok(())
    }
}
