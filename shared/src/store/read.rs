//! Reading a range in parts: rollups where there are any, the log's own entries elsewhere.
//!
//! The answer is the same whichever answers; rollups make it fast. What neither can answer within
//! bounds is left out of the range, and said.

mod cells;
mod gaps;
mod plan;
mod recent;

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::{Detail, EventStore, StoreError};
use crate::log::TimeRange;
use crate::rollup::{Grain, Piece, Rollup};
use gaps::Gaps;
use plan::Plan;

/// Time after which no further page of the log is read: a person waits.
const MOST_TIME: Duration = Duration::from_secs(12);

/// What to read.
#[derive(Debug, Clone, Copy)]
pub struct Reading {
    /// The range asked for.
    pub range: TimeRange,
    /// What has to be told apart.
    pub detail: Detail,
    /// From when on the log has every entry ([`Retention::log_since`]).
    ///
    /// [`Retention::log_since`]: super::Retention::log_since
    pub log_since: Timestamp,
    /// From when on rollups by the hour and the day are there ([`Retention::rollups_since`]).
    ///
    /// [`Retention::rollups_since`]: super::Retention::rollups_since
    pub rollups_since: Timestamp,
    /// What expired before is not there.
    pub now: Timestamp,
}

/// What was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answered {
    /// Where the parts begin: on a boundary, at or before the range asked for, or after it where
    /// something in between cannot be answered.
    pub from: Timestamp,
    /// Up to where they reach: the end of the range asked for, or of the last rollup where what was
    /// logged since is too much to be read. `from` itself where nothing can be answered.
    pub through: Timestamp,
    /// Some of the range asked for is not answered.
    pub incomplete: bool,
    /// When the log begins, where that is within the range.
    pub log_begins: Option<Timestamp>,
    /// Something is known of the range, or of a time before it; else nobody was watching yet.
    pub has_begun: bool,
    /// Rollups used.
    pub rollups: u64,
    /// Entries of the log read, refused requests by the item.
    pub entries: u64,
}

impl EventStore {
    /// Hands over the parts of a range, in no order; no minute is in two of them.
    ///
    /// Of the log, 20,000 entries are read after the last rollup, none where far more are to be expected; 200,000 in
    /// place of missing ones, and no further page after 12 seconds.
    pub async fn read(
        &self,
        reading: &Reading,
        take: impl FnMut(TimeRange, &Rollup),
    ) -> Result<Answered, StoreError> {
        self.read_parts(reading, None, take).await
    }

    /// The same in parts that are each within one bucket of a grain. By windows, nothing is answered from
    /// before `log_since`.
    pub async fn read_by(
        &self,
        grain: Grain,
        reading: &Reading,
        take: impl FnMut(TimeRange, &Rollup),
    ) -> Result<Answered, StoreError> {
        self.read_parts(reading, Some(grain), take).await
    }

    async fn read_parts(
        &self,
        reading: &Reading,
        within: Option<Grain>,
        mut take: impl FnMut(TimeRange, &Rollup),
    ) -> Result<Answered, StoreError> {
        let until = Instant::now() + MOST_TIME;
        let plan = self.plan(reading, within).await?;
        let gaps = self.read_gaps((&plan.cover, plan.newest), reading.now, until, within).await?;
        let (from, log_begins, has_begun) = self.beginning(&plan, &gaps, reading).await?;
        let incomplete = gaps.cut || from > gaps.from;
        // Of a range that nothing can be answered of, nothing is answered where it begins.
        let from = from.min(gaps.through);
        let mut answered = Answered {
            from,
            through: gaps.through,
            incomplete,
            log_begins,
            has_begun,
            rollups: 0,
            entries: gaps.entries,
        };
        match reading.detail {
            Detail::Totals => {
                for (range, rollup) in plan.totals_within(from, gaps.through) {
                    answered.rollups += 1;
                    take(range, &rollup);
                }
            }
            Detail::Cells => {
                let wanted = plan.buckets_within(from, gaps.through);
                self.read_cells(wanted, reading, until, &mut answered, &mut take).await?;
            }
        }
        let parts = gaps.parts.iter().filter(|(range, _)| range.from() >= answered.from);
        parts.for_each(|(range, rollup)| take(*range, rollup));
        Ok(answered)
    }

    /// Where the answer begins, when the log does where that is later, and whether it had begun at all: nothing
    /// may be known of the range's first part because there was nothing, or because it is lost.
    async fn beginning(
        &self,
        plan: &Plan,
        gaps: &Gaps,
        reading: &Reading,
    ) -> Result<(Timestamp, Option<Timestamp>, bool), StoreError> {
        let range = plan.cover.range;
        let first = plan.cover.pieces.first();
        if gaps.from > range.from() || matches!(first, None | Some(Piece::Rollup(_))) {
            return Ok((gaps.from, None, true));
        }
        let Reading { rollups_since, now, .. } = *reading;
        // The day in which they begin to be there has all of its own, for a spare day.
        let kept_since = Grain::Day.bucket_of(rollups_since).start;
        let was_rolled_up = range.from() < kept_since
            || self.has_rollup_before(range.from(), kept_since, now).await?;
        match first {
            Some(Piece::Lost(lost)) if was_rolled_up => return Ok((lost.to(), None, true)),
            // What is rolled up before the range shows that the log is older.
            _ if was_rolled_up => return Ok((range.from(), None, true)),
            _ => {}
        }
        let first_rollup = plan.buckets.iter().map(|bucket| bucket.start).min();
        let first_entry = match TimeRange::new(reading.log_since, range.to()) {
            Some(in_log) => self.oldest_entry(in_log).await?,
            None => None,
        };
        let first = [first_rollup, first_entry].into_iter().flatten().min();
        let begins = first.filter(|first| *first > range.from());
        Ok((range.from(), begins, first.is_some()))
    }
}
