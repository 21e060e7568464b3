//! Which parts there are: the totals that cover a range are loaded, since they are small, and what
//! they leave is the log's.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::Reading;
use crate::log::TimeRange;
use crate::rollup::{Bucket, Cover, Grain, Piece, Rollup, cover};
use crate::store::{Detail, EventStore, StoreError};

/// A range's pieces and the totals among them.
pub struct Plan {
    /// The pieces.
    pub cover: Cover,
    /// Every rollup that was found, used or not.
    pub totals: BTreeMap<Bucket, Rollup>,
}

impl Plan {
    /// Whether the first piece is a rollup.
    pub fn begins_with_rollup(&self) -> bool {
        matches!(self.cover.pieces.first(), Some(Piece::Rollup(_)))
    }

    /// The rollups to use between two instants.
    pub fn totals_within(
        &self,
        from: Timestamp,
        to: Timestamp,
    ) -> impl Iterator<Item = (Bucket, &Rollup)> {
        self.cover.pieces.iter().filter_map(move |piece| match piece {
            Piece::Rollup(bucket) if bucket.start >= from && bucket.end() <= to => {
                Some((*bucket, self.totals.get(bucket)?))
            }
            _ => None,
        })
    }
}

impl EventStore {
    /// Loads the totals of every hour in a range, then of the windows in what hours leave.
    pub(super) async fn plan(&self, reading: &Reading) -> Result<Plan, StoreError> {
        let mut totals = BTreeMap::new();
        let asked = cover(reading.range, reading.log_since, &totals.keys().copied().collect());
        self.load_totals(Grain::Hour, asked.range, reading.now, &mut totals).await?;
        let by_hours = cover(reading.range, reading.log_since, &totals.keys().copied().collect());
        for piece in by_hours.pieces {
            if let Piece::Log(range) = piece {
                self.load_totals(Grain::Window, range, reading.now, &mut totals).await?;
            }
        }
        let buckets = totals.keys().copied().collect();
        Ok(Plan { cover: cover(reading.range, reading.log_since, &buckets), totals })
    }

    async fn load_totals(
        &self,
        grain: Grain,
        range: TimeRange,
        now: Timestamp,
        totals: &mut BTreeMap<Bucket, Rollup>,
    ) -> Result<(), StoreError> {
        self.rollups(grain, range, Detail::Totals, now, |found| {
            // What is damaged is named in the log, and as good as missing.
            if let Ok(stored) = found {
                totals.insert(stored.bucket, stored.rollup);
            }
        })
        .await
    }
}
