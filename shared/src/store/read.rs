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
use crate::rollup::Rollup;
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
    /// logged since is too much to be read. Not after `from` where nothing can be answered.
    pub through: Timestamp,
    /// Some of the range asked for is not answered.
    pub incomplete: bool,
    /// When the log begins, where that is within the range.
    pub log_begins: Option<Timestamp>,
    /// Rollups used.
    pub rollups: u64,
    /// Entries of the log read, refused requests by the item.
    pub entries: u64,
}

impl EventStore {
    /// Hands over the parts of a range, in no order; no minute is in two of them.
    ///
    /// Of the log, 20,000 entries are read after the last rollup, 200,000 in place of missing ones,
    /// and no further page after 12 seconds.
    pub async fn read(
        &self,
        reading: &Reading,
        mut take: impl FnMut(TimeRange, &Rollup),
    ) -> Result<Answered, StoreError> {
        let until = Instant::now() + MOST_TIME;
        let plan = self.plan(reading).await?;
        let gaps = self.read_gaps(&plan.cover, reading.now, until).await?;
        gaps.parts.iter().for_each(|(range, rollup)| take(*range, rollup));
        let mut answered = Answered {
            from: gaps.from,
            through: gaps.through,
            incomplete: gaps.cut,
            log_begins: self.log_begins(&plan, &gaps, reading.log_since).await?,
            rollups: 0,
            entries: gaps.entries,
        };
        let used = plan.totals_within(gaps.from, gaps.through);
        match reading.detail {
            Detail::Totals => {
                for (bucket, rollup) in used {
                    let Some(range) = bucket.range() else { continue };
                    answered.rollups += 1;
                    take(range, rollup);
                }
            }
            Detail::Cells => {
                let wanted = used.map(|(bucket, _)| bucket).collect();
                self.read_cells(wanted, reading, until, &mut answered, take).await?;
            }
        }
        Ok(answered)
    }

    /// When the log begins, where nothing is known of the range's first part: the log or its rollups
    /// may begin later than the range.
    async fn log_begins(
        &self,
        plan: &Plan,
        gaps: &Gaps,
        log_since: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        let range = plan.cover.range;
        if gaps.from > range.from() || plan.begins_with_rollup() {
            return Ok(None);
        }
        let first_rollup = plan.totals.keys().map(|bucket| bucket.start).min();
        // What was logged before the range shows that the log is older.
        let first_entry = match TimeRange::new(log_since, range.to()) {
            Some(in_log) => self.oldest_entry(in_log).await?,
            None => None,
        };
        let first = [first_rollup, first_entry].into_iter().flatten().min();
        Ok(first.filter(|first| *first > range.from()))
    }
}
