//! Which parts there are: the totals that cover a range are loaded, since they are small, and what
//! they leave is the log's.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::Reading;
use crate::log::TimeRange;
use crate::rollup::{Bucket, Cover, Grain, Piece, Rollup, cover};
use crate::store::rollups::found;
use crate::store::{Detail, EventStore, StoreError};

/// A range's pieces and the totals among them.
pub struct Plan {
    /// The pieces.
    pub cover: Cover,
    /// Every rollup that was found, used or not.
    pub buckets: BTreeSet<Bucket>,
    /// The totals as they are stored, where they are what is asked for: 2,000 of them are a few MB.
    totals: BTreeMap<Bucket, Vec<u8>>,
}

impl Plan {
    /// The rollups to use between two instants.
    pub fn buckets_within(&self, from: Timestamp, to: Timestamp) -> BTreeSet<Bucket> {
        let used = self.cover.pieces.iter().filter_map(|piece| match piece {
            Piece::Rollup(bucket) if bucket.start >= from && bucket.end() <= to => Some(*bucket),
            _ => None,
        });
        used.collect()
    }

    /// The totals to use between two instants.
    pub fn totals_within(
        &self,
        from: Timestamp,
        to: Timestamp,
    ) -> impl Iterator<Item = (TimeRange, Rollup)> {
        self.buckets_within(from, to).into_iter().filter_map(|bucket| {
            let rollup = Rollup::decode(self.totals.get(&bucket)?).ok()?;
            Some((bucket.range()?, rollup))
        })
    }
}

impl EventStore {
    /// Loads the totals of every hour in a range, unless parts have to be within windows, then of the
    /// windows in what hours leave.
    pub(super) async fn plan(
        &self,
        reading: &Reading,
        within: Option<Grain>,
    ) -> Result<Plan, StoreError> {
        let nothing = BTreeSet::new();
        let asked = cover(reading.range, reading.log_since, &nothing);
        let mut plan = Plan { cover: asked, buckets: nothing, totals: BTreeMap::new() };
        let range = plan.cover.range;
        let first_hour = Grain::Hour.bucket_of(range.from());
        let whole_hours = TimeRange::new(first_hour.start, range.to()).unwrap_or(range);
        if within != Some(Grain::Window) {
            self.load_totals(Grain::Hour, whole_hours, reading, &mut plan).await?;
        }
        let by_hours = cover(reading.range, reading.log_since, &plan.buckets);
        for piece in by_hours.pieces {
            if let Piece::Log(range) = piece {
                self.load_totals(Grain::Window, range, reading, &mut plan).await?;
            }
        }
        // An hour that is made and has no windows: they have expired, and the entries with them,
        // though the log is said to reach back so far; a retention that was raised says so too early.
        let is_without_windows = plan.buckets.contains(&first_hour)
            && !first_hour.windows().any(|window| plan.buckets.contains(&window));
        let range = if is_without_windows { whole_hours } else { range };
        plan.cover = cover(range, reading.log_since, &plan.buckets);
        Ok(plan)
    }

    async fn load_totals(
        &self,
        grain: Grain,
        range: TimeRange,
        reading: &Reading,
        plan: &mut Plan,
    ) -> Result<(), StoreError> {
        self.rollup_items(grain, range, Detail::Totals, reading.now, |bucket, item| {
            // Cells are told apart from damaged ones when they are read.
            if reading.detail == Detail::Cells {
                plan.buckets.insert(bucket);
                return;
            }
            // What is damaged is named in the log, and as good as missing.
            let Ok(stored) = found(bucket, &item) else { return };
            plan.buckets.insert(bucket);
            plan.totals.insert(bucket, stored.encoded);
        })
        .await
    }
}
