//! Cells, chunk by chunk, the newest first: each is decoded, handed over and forgotten, so memory does not
//! grow with the range, and what there is no time for cuts off what is older. Meanwhile the next chunks are
//! on their way.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;

use futures_util::stream::{self, StreamExt};
use jiff::Timestamp;
use tokio::time::Instant;

use super::{Answered, Reading};
use crate::log::TimeRange;
use crate::rollup::{Bucket, Grain, Rollup};
use crate::store::item::Item;
use crate::store::rollups::{Attributes, found};
use crate::store::{Detail, EventStore, ScanLimits, StoreError};

/// Entries that are read of the log in place of cells that are damaged, though totals are there.
const MOST_OF_DAMAGED: u64 = 50_000;
/// Buckets that are read in one go.
const CHUNK: usize = 24;
/// Chunks that are read at once.
const AT_ONCE: usize = 3;

impl EventStore {
    /// Hands over the cells of buckets whose totals are there. Cuts the answer's beginning where there
    /// is no more time, or where something can be read from nowhere.
    pub(super) async fn read_cells(
        &self,
        wanted: BTreeSet<Bucket>,
        reading: &Reading,
        until: Instant,
        answered: &mut Answered,
        take: &mut impl FnMut(TimeRange, &Rollup),
    ) -> Result<(), StoreError> {
        let chunks = chunks(wanted).into_iter().map(|chunk| self.items(chunk, reading.now));
        let mut chunks = pin!(stream::iter(chunks).buffered(AT_ONCE));
        while let Some(chunk) = chunks.next().await {
            let (chunk, mut items) = chunk?;
            for bucket in chunk.into_iter().rev() {
                if Instant::now() > until {
                    cut(answered, bucket.end());
                    return Ok(());
                }
                let rollup = match items.remove(&bucket).map(|item| found(bucket, &item)) {
                    Some(Ok(stored)) => {
                        answered.rollups += 1;
                        Some(stored.rollup)
                    }
                    Some(Err(_)) | None => {
                        self.read_damaged(bucket, reading, until, answered).await?
                    }
                };
                match (rollup, bucket.range()) {
                    (Some(rollup), Some(range)) => take(range, &rollup),
                    _ => {
                        cut(answered, bucket.end());
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }

    /// The items of a chunk.
    async fn items(
        &self,
        chunk: Vec<Bucket>,
        now: Timestamp,
    ) -> Result<(Vec<Bucket>, BTreeMap<Bucket, Item>), StoreError> {
        let mut items = BTreeMap::new();
        if let Some((grain, range)) = stretch(&chunk) {
            let take = |bucket, item| {
                items.insert(bucket, item);
            };
            let what = (Detail::Cells, Attributes::All);
            self.rollup_items(grain, range, what, now, take).await?;
        }
        Ok((chunk, items))
    }

    /// What its parts tell in a bucket's place, or the log; `None` where neither can.
    async fn read_damaged(
        &self,
        bucket: Bucket,
        reading: &Reading,
        until: Instant,
        answered: &mut Answered,
    ) -> Result<Option<Rollup>, StoreError> {
        let Some(range) = bucket.range() else { return Ok(None) };
        if let Some(part) = bucket.grain.part() {
            let mut whole = Rollup::default();
            let mut missing: BTreeSet<Bucket> = bucket.parts().collect();
            let mut used = 0;
            self.rollups(part, range, Detail::Cells, reading.now, |found| {
                if let Ok(stored) = found {
                    missing.remove(&stored.bucket);
                    whole.merge(&stored.rollup);
                    used += 1;
                }
            })
            .await?;
            // Of a day, hours that are damaged too are told by their windows.
            if part != Grain::Window {
                for hour in std::mem::take(&mut missing) {
                    match Box::pin(self.read_damaged(hour, reading, until, answered)).await? {
                        Some(rollup) => whole.merge(&rollup),
                        None => return Ok(None),
                    }
                }
            }
            if missing.is_empty() {
                answered.rollups += used;
                return Ok(Some(whole));
            }
        }
        if range.from() < reading.log_since {
            return Ok(None);
        }
        let limits = ScanLimits { entries: MOST_OF_DAMAGED, until: Some(until) };
        let (rollup, scanned) = self.fold(range, reading.now, limits).await?;
        answered.entries += scanned.entries;
        Ok(scanned.complete.then_some(rollup))
    }
}

/// What is before an instant is not answered.
fn cut(answered: &mut Answered, at: Timestamp) {
    answered.from = answered.from.max(at);
    answered.log_begins = None;
    answered.incomplete = true;
}

/// Buckets of one grain that follow each other, so many at a time, the newest first.
fn chunks(buckets: BTreeSet<Bucket>) -> Vec<Vec<Bucket>> {
    let mut by_time: Vec<Bucket> = buckets.into_iter().collect();
    by_time.sort_by_key(|bucket| bucket.start);
    let mut chunks: Vec<Vec<Bucket>> = Vec::new();
    for bucket in by_time {
        let follows = |chunk: &&mut Vec<Bucket>| {
            chunk.len() < CHUNK && chunk.last().map(|last| last.next()) == Some(bucket)
        };
        match chunks.last_mut().filter(follows) {
            Some(chunk) => chunk.push(bucket),
            None => chunks.push(vec![bucket]),
        }
    }
    chunks.reverse();
    chunks
}

fn stretch(chunk: &[Bucket]) -> Option<(Grain, TimeRange)> {
    let (first, last) = (chunk.first()?, chunk.last()?);
    Some((first.grain, TimeRange::new(first.start, last.end())?))
}
