//! Rolling up: reads what is due from the log, newest first, and puts what it adds up to.

mod days;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::future::try_join_all;
use jiff::Timestamp;
use shared::log::TimeRange;
use shared::rollup::{Bucket, Grain, Rollup};
use shared::store::{
    Counted, DamagedRollup, Detail, EventStore, MadeDays, PutRollup, Retention, RollupMark,
    ScanLimits, StoreError, StoredRollup,
};
use tokio::time::Instant;

use crate::due::{Step, due};
use crate::known::{self, RECENT};
use crate::summary::Summary;

/// Time after which no further step is begun; what is left is the next run's.
const MOST_TIME: Duration = Duration::from_secs(60);
/// Time that reading one window may take: one that is too large must not starve all others.
const MOST_TIME_OF_A_WINDOW: Duration = Duration::from_secs(30);
/// Entries of windows that are read in one go.
const MOST_AT_ONCE: u64 = 200_000;

/// Does what is due at `now`. A step that fails is counted, and left to the next run.
///
/// # Errors
/// When what there is cannot be read; nothing was done then.
pub async fn run(
    store: &EventStore,
    retention: Retention,
    now: Timestamp,
) -> Result<Summary, StoreError> {
    let begun = Instant::now();
    let said = store.rollup_mark(now).await?;
    let log_since = retention.log_since(now);
    let known = known::load(store, log_since, said, now).await?;
    let recent = Grain::Hour.bucket_of(now - RECENT).start;
    let steps = due(&known.read_at, known.since, recent, now);
    let days = days_but_those_to_make_again(store, said, &steps, now).await?;
    let mut run = Run {
        store,
        retention,
        now,
        since: known.since,
        begun,
        rolled: known.read_at.into_keys().collect(),
        damaged: known.damaged,
        summary: Summary::default(),
    };
    run.summary.damaged = run.damaged.len() as u64;
    for step in steps {
        let done = match step {
            Step::Read(windows) => run.read(windows).await,
            Step::Make(hour) => run.make(hour).await.map(drop),
        };
        if let Err(error) = done {
            tracing::error!(%error, "step failed");
            run.summary.failed += 1;
        }
    }
    run.summary.rolled_through = rolled_through(&run.rolled, known.since);
    let through = hours_through(&run.rolled, known.since);
    let days = days.unwrap_or_else(|| days::none_yet(through));
    let days = Some(run.make_days(days, known.lost_day, through).await);
    let mark = match known.mark {
        Some(mark) => RollupMark { through, days, ..mark },
        None => RollupMark { looked_from: log_since, since: known.since, through, days },
    };
    // Before an hour is made, an entry may still come that is older than the first.
    let is_worth_saying = said.is_some() || mark.since < mark.through;
    if said != Some(mark)
        && is_worth_saying
        && let Err(error) = store.put_rollup_mark(&mark).await
    {
        // The next run looks at more, and says it.
        tracing::error!(%error, "step failed");
        run.summary.failed += 1;
    }
    run.summary.took_ms = u64::try_from(run.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(run.summary)
}

/// The days that are made. Those of hours that are to be made again are none, and said to be none before:
/// a run that dies in between leaves no day behind that is of other hours.
async fn days_but_those_to_make_again(
    store: &EventStore,
    said: Option<RollupMark>,
    steps: &[Step],
    now: Timestamp,
) -> Result<Option<MadeDays>, StoreError> {
    let Some(said) = said else { return Ok(None) };
    let Some(made) = days::that_hold(said.days, now) else { return Ok(None) };
    let hours = steps.iter().filter_map(|step| match step {
        Step::Make(hour) => Some(hour.start),
        Step::Read(_) => None,
    });
    let left = hours.min().map_or(made, |first| days::before(made, first));
    if left != made {
        store.put_rollup_mark(&RollupMark { days: Some(left), ..said }).await?;
    }
    Ok(Some(left))
}

/// What became of what was to be made.
enum Made {
    /// It is made.
    Yes,
    /// It is left to the next run.
    Later,
    /// Some of its parts are older than anything that can still be made.
    Never,
}

struct Run<'a> {
    store: &'a EventStore,
    retention: Retention,
    now: Timestamp,
    /// Where rolling up begins.
    since: Timestamp,
    begun: Instant,
    /// What there is a sound rollup of.
    rolled: BTreeSet<Bucket>,
    damaged: Vec<DamagedRollup>,
    summary: Summary,
}

impl Run<'_> {
    fn is_out_of_time(&self) -> bool {
        self.begun.elapsed() > MOST_TIME
    }

    /// Reads windows that follow each other and puts them: in one go where that is not too much, else
    /// one by one, the newest first.
    async fn read(&mut self, windows: Vec<Bucket>) -> Result<(), StoreError> {
        if self.is_out_of_time() {
            self.summary.remaining += windows.len() as u64;
            return Ok(());
        }
        let limits = ScanLimits { entries: MOST_AT_ONCE, until: None };
        if windows.len() > 1 && self.read_at_once(&windows, limits).await? {
            return Ok(());
        }
        for window in windows.into_iter().rev() {
            if self.is_out_of_time() {
                self.summary.remaining += 1;
            } else {
                let until = Some(Instant::now() + MOST_TIME_OF_A_WINDOW);
                let limits = ScanLimits { until, ..ScanLimits::NONE };
                if !self.read_at_once(&[window], limits).await? {
                    tracing::error!(window = %window.start, "window is too large to be read in time");
                    self.summary.remaining += 1;
                }
            }
        }
        Ok(())
    }

    /// Reads windows that follow each other in one go, and puts them; `false` where the limits did not
    /// let it.
    async fn read_at_once(
        &mut self,
        windows: &[Bucket],
        limits: ScanLimits,
    ) -> Result<bool, StoreError> {
        let ends = windows.first().zip(windows.last());
        let Some(range) = ends.and_then(|(first, last)| TimeRange::new(first.start, last.end()))
        else {
            return Ok(true);
        };
        let mut rollups: BTreeMap<Bucket, Rollup> =
            windows.iter().map(|window| (*window, Rollup::default())).collect();
        let add = |counted: Counted| {
            if let Some(rollup) = rollups.get_mut(&Grain::Window.bucket_of(counted.logged_at())) {
                counted.add_to(rollup);
            }
        };
        let scanned = self.store.scan(range, self.now, limits, add).await?;
        self.summary.entries += scanned.entries;
        if !scanned.complete {
            return Ok(false);
        }
        self.summary.unreadable += scanned.unreadable;
        let puts = rollups.iter().map(|(window, rollup)| self.put(*window, rollup));
        let outcomes = try_join_all(puts).await?;
        self.summary.windows += outcomes.len() as u64;
        let kept = outcomes.iter().filter(|outcome| **outcome == PutRollup::KeptBetter);
        self.summary.kept_better += kept.count() as u64;
        self.rolled.extend(windows);
        Ok(true)
    }

    /// Makes an hour of its windows, or a day of its hours. Hours that are not there, or damaged, are made
    /// of theirs, windows read from the log. Left to a later run where they are not there even then, there is
    /// no time, or it is not over for long enough.
    async fn make(&mut self, bucket: Bucket) -> Result<Made, StoreError> {
        if bucket.settles_at() > self.now {
            return Ok(Made::Later);
        }
        if self.is_out_of_time() {
            self.summary.remaining += 1;
            return Ok(Made::Later);
        }
        let (mut whole, mut missing) = self.merged(bucket).await?;
        if !missing.is_empty() {
            let first = Grain::Hour.bucket_of(self.since);
            if missing.iter().any(|part| part.grain == first.grain && part.start < first.start) {
                return Ok(Made::Never);
            }
            for part in missing {
                match part.grain {
                    Grain::Window => self.read(vec![part]).await?,
                    // One that is not made is missing still.
                    Grain::Hour | Grain::Day => {
                        Box::pin(self.make(part)).await?;
                    }
                }
            }
            (whole, missing) = self.merged(bucket).await?;
            if !missing.is_empty() {
                self.summary.remaining += 1;
                return Ok(Made::Later);
            }
        }
        let outcome = self.put(bucket, &whole).await?;
        match bucket.grain {
            Grain::Day => self.summary.days += 1,
            _ => self.summary.hours += 1,
        }
        self.summary.kept_better += u64::from(outcome == PutRollup::KeptBetter);
        self.rolled.insert(bucket);
        Ok(Made::Yes)
    }

    /// What the stored parts of a bucket add up to, and those that are missing.
    async fn merged(&mut self, bucket: Bucket) -> Result<(Rollup, Vec<Bucket>), StoreError> {
        let mut whole = Rollup::default();
        let mut missing: BTreeSet<Bucket> = bucket.parts().collect();
        let damaged = &mut self.damaged;
        let take = |found| match found {
            Ok(StoredRollup { bucket, rollup, .. }) => {
                missing.remove(&bucket);
                whole.merge(&rollup);
            }
            Err(item) => damaged.push(item),
        };
        if let (Some(part), Some(range)) = (bucket.grain.part(), bucket.range()) {
            self.store.rollups(part, range, Detail::Cells, self.now, take).await?;
        }
        Ok((whole, missing.into_iter().collect()))
    }

    async fn put(&self, bucket: Bucket, rollup: &Rollup) -> Result<PutRollup, StoreError> {
        self.store.put_rollup(bucket, rollup, self.now, self.retention, &self.damaged).await
    }
}

/// Up to when there is a rollup for every instant since the beginning.
fn rolled_through(rolled: &BTreeSet<Bucket>, since: Timestamp) -> Option<Timestamp> {
    let first = Grain::Window.bucket_of(since);
    let windows = std::iter::successors(Some(first), |window| Some(window.next()));
    let is_rolled = |window: &Bucket| {
        rolled.contains(window) || rolled.contains(&Grain::Hour.bucket_of(window.start))
    };
    windows.take_while(is_rolled).last().map(Bucket::end)
}

/// Up to when every hour since the beginning is made.
fn hours_through(rolled: &BTreeSet<Bucket>, since: Timestamp) -> Timestamp {
    let first = Grain::Hour.bucket_of(since);
    let hours = std::iter::successors(Some(first), |hour| Some(hour.next()));
    hours.take_while(|hour| rolled.contains(hour)).last().map_or(first.start, Bucket::end)
}
