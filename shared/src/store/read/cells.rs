//! Cells, page by page: a page is handed over and forgotten, so memory does not grow with the range.

use std::collections::BTreeSet;

use tokio::time::Instant;

use super::{Answered, Reading};
use crate::log::TimeRange;
use crate::rollup::{Bucket, Grain, Rollup};
use crate::store::{Detail, EventStore, ScanLimits, StoreError};

/// Entries that are read of the log in place of cells that are damaged, though totals are there.
const MOST_OF_DAMAGED: u64 = 50_000;

impl EventStore {
    /// Hands over the cells of buckets whose totals are there.
    pub(super) async fn read_cells(
        &self,
        mut wanted: BTreeSet<Bucket>,
        reading: &Reading,
        until: Instant,
        answered: &mut Answered,
        mut take: impl FnMut(TimeRange, &Rollup),
    ) -> Result<(), StoreError> {
        for (grain, range) in stretches(&wanted) {
            self.rollups(grain, range, Detail::Cells, reading.now, |found| {
                let Ok(stored) = found else { return };
                if let Some(range) = stored.bucket.range().filter(|_| wanted.remove(&stored.bucket))
                {
                    answered.rollups += 1;
                    take(range, &stored.rollup);
                }
            })
            .await?;
        }
        for (_, range) in stretches(&wanted) {
            let limits = ScanLimits { entries: MOST_OF_DAMAGED, until: Some(until) };
            let in_log = range.from() >= reading.log_since;
            let (rollup, scanned) = match in_log {
                true => self.fold(range, reading.now, limits).await?,
                false => Default::default(),
            };
            answered.entries += scanned.entries;
            answered.incomplete |= !scanned.complete;
            if scanned.complete {
                take(range, &rollup);
            }
        }
        Ok(())
    }
}

/// Buckets of one grain that follow each other, as one range.
fn stretches(buckets: &BTreeSet<Bucket>) -> Vec<(Grain, TimeRange)> {
    let mut stretches: Vec<(Grain, TimeRange)> = Vec::new();
    // Buckets are ordered by grain, then by time.
    for (grain, range) in buckets.iter().filter_map(|bucket| Some((bucket.grain, bucket.range()?)))
    {
        let joined = stretches.last().and_then(|(last, before)| {
            let follows = *last == grain && before.to() == range.from();
            follows.then(|| TimeRange::new(before.from(), range.to())).flatten()
        });
        match joined {
            Some(joined) => {
                stretches.pop();
                stretches.push((grain, joined));
            }
            None => stretches.push((grain, range)),
        }
    }
    stretches
}
