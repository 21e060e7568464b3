//! Which parts there are: the totals that cover a range are loaded, since they are small, and what
//! they leave is the log's.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::Reading;
use crate::log::TimeRange;
use crate::rollup::{Bucket, Cover, Grain, Piece, Rollup, cover};
use crate::store::item;
use crate::store::rollups::{Attributes, found};
use crate::store::{Detail, EventStore, StoreError};

/// A range's pieces and the totals among them.
pub struct Plan {
    /// The pieces.
    pub cover: Cover,
    /// Every rollup that was found, used or not.
    pub buckets: BTreeSet<Bucket>,
    /// The one that ends last, and what was logged then.
    pub newest: Option<(Bucket, u64)>,
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
    /// Loads the totals of every day in a range, then of the hours in what days leave, then of the windows
    /// in what hours leave: of no grain that is longer than parts may be.
    pub(super) async fn plan(
        &self,
        reading: &Reading,
        within: Option<Grain>,
    ) -> Result<Plan, StoreError> {
        let nothing = BTreeSet::new();
        let asked = cover(reading.range, reading.log_since, &nothing);
        let mut plan =
            Plan { cover: asked, buckets: nothing, newest: None, totals: BTreeMap::new() };
        let range = plan.cover.range;
        let first_hour = Grain::Hour.bucket_of(range.from());
        let whole_hours = TimeRange::new(first_hour.start, range.to()).unwrap_or(range);
        let longest = within.unwrap_or(Grain::Day);
        for grain in Grain::LONGEST_FIRST.into_iter().filter(|grain| *grain <= longest) {
            let left = cover(reading.range, reading.log_since, &plan.buckets);
            for piece in left.pieces {
                let gap = match piece {
                    Piece::Log(gap) => gap,
                    // There are no windows of what the log no longer has.
                    Piece::Lost(gap) if grain > Grain::Window => gap,
                    Piece::Lost(_) | Piece::Rollup(_) => continue,
                };
                let begins = gap.from() == range.from() && grain == Grain::Hour;
                let from = if begins { first_hour.start } else { gap.from() };
                if let Some(gap) = TimeRange::new(from, gap.to()) {
                    self.load_totals(grain, gap, reading, &mut plan).await?;
                }
            }
        }
        // An hour that is made and has no windows: they have expired, and the entries with them,
        // though the log is said to reach back so far; a retention that was raised says so too early.
        let is_without_windows = plan.buckets.contains(&first_hour)
            && !first_hour.parts().any(|window| plan.buckets.contains(&window));
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
        let attributes = match reading.detail {
            Detail::Totals => Attributes::All,
            Detail::Cells => Attributes::Keys,
        };
        let what = (Detail::Totals, attributes);
        self.rollup_items(grain, range, what, reading.now, |bucket, item| {
            let is_newest = plan.newest.is_none_or(|(newest, _)| newest.end() <= bucket.end());
            if let Some(entries) = item::logged_in(&item).filter(|_| is_newest) {
                plan.newest = Some((bucket, entries));
            }
            // Whether cells are damaged is seen when they are read.
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
