//! What a stretch of the log adds up to: one table of cells, and what cells cannot hold.
//!
//! A [`Rollup`] is made by folding log entries ([`Rollup::add`]) or by merging rollups. All its
//! numbers are whole, so merging is exact in any order. Bounds are applied once, when it is finished
//! to be stored ([`Rollup::bounded`]): what has no room is added up under [`Label::Other`].

mod bound;
mod cell;
mod codec;
mod cover;
mod fold;
mod grid;
mod peaks;

use std::collections::BTreeMap;

use crate::statistics::{BoundedCounts, Counts, Sketch};

pub use cell::{CellKey, ErrorKey, Label, Measure, MinuteKey, RejectionKey, SourceKey, Status};
pub use codec::Damaged;
pub use cover::{Cover, Piece, cover, first_instant, log_since};
pub use grid::{Bucket, GRACE, Grain, SECOND_READING};

/// What log entries add up to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rollup {
    /// Deliveries and outcomes by everything that they can be grouped by.
    pub cells: BTreeMap<CellKey, Measure>,
    /// First deliveries and outcomes by the minute in which they were logged, in minutes since 1970.
    pub minutes: BTreeMap<MinuteKey, Counts>,
    /// Failed outcomes by what they failed with.
    pub errors: BoundedCounts<ErrorKey>,
    /// Refused requests by cause.
    pub rejections: BTreeMap<RejectionKey, u64>,
    /// Deliveries and refused requests by the address that they came from.
    pub sources: BoundedCounts<SourceKey>,
    /// What putting a delivery took.
    pub store_time: Sketch,
    /// Entries that this version cannot read and that are in no other number.
    pub unreadable: u64,
}

impl Rollup {
    /// Adds what another rollup holds. Bounds are not applied by this.
    pub fn merge(&mut self, other: &Self) {
        for (key, measure) in &other.cells {
            self.cells.entry(key.clone()).or_default().merge(measure);
        }
        for (key, minutes) in &other.minutes {
            self.minutes.entry(key.clone()).or_default().merge(minutes);
        }
        for (key, n) in &other.rejections {
            *self.rejections.entry(*key).or_default() += n;
        }
        self.errors.merge(&other.errors);
        self.sources.merge(&other.sources);
        self.store_time.merge(&other.store_time);
        self.unreadable += other.unreadable;
    }

    /// Log entries in it, refused requests each by itself. Of two readings of one stretch of the log,
    /// which only grows, the one with more entries is the better one.
    pub fn entries(&self) -> u64 {
        self.logged() + self.rejected()
    }

    /// Log entries in it but refused requests.
    pub fn logged(&self) -> u64 {
        self.cells.values().map(|measure| measure.count).sum()
    }

    /// Refused requests.
    pub fn rejected(&self) -> u64 {
        self.rejections.values().sum()
    }
}
