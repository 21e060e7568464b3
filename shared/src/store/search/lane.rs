//! One sorted source of a search, read a page at a time from new to old.

mod index;
mod rejections;

use std::collections::VecDeque;

use jiff::Timestamp;

use super::Position;
use crate::log::{LogEntry, Rejections};
use crate::store::{EventStore, StoreError, keys};

/// A lane: what was read and not yet taken, and where reading goes on.
pub struct Lane {
    /// Read and not yet taken, newest first.
    pub ready: VecDeque<(Position, LogEntry)>,
    /// Entries that this version cannot read and that were left out.
    pub unreadable: usize,
    /// Everything that is not yet read lies below.
    high: Position,
    low: Position,
    rest: Option<Rest>,
}

enum Rest {
    Index(index::Rest),
    Rejections(rejections::Rest),
}

/// What one reading brought.
struct Batch {
    /// Newest first, all between the lane's bounds.
    entries: Vec<(Position, LogEntry)>,
    unreadable: usize,
    /// Everything that is not yet read lies below.
    high: Position,
    rest: Option<Rest>,
}

impl Lane {
    /// A shard of the time index.
    pub fn shard(pk: String, from: Timestamp, high: &Position) -> Self {
        Self::new(Rest::Index(index::Rest::shard(pk)), from, high)
    }

    /// An object's partition of the entity index.
    pub fn entity(pk: String, from: Timestamp, high: &Position) -> Self {
        Self::new(Rest::Index(index::Rest::entity(pk)), from, high)
    }

    /// The rejections of every minute that the range touches.
    pub fn rejections(from: Timestamp, high: &Position) -> Self {
        let from = Rejections::minute_of(from);
        Self::new(Rest::Rejections(rejections::Rest::new(high)), from, high)
    }

    fn new(rest: Rest, from: Timestamp, high: &Position) -> Self {
        let low = Position(keys::time(from));
        let rest = Some(rest).filter(|_| low < *high);
        Self { ready: VecDeque::new(), unreadable: 0, low, high: high.clone(), rest }
    }

    /// Nothing that this lane still has lies above this position. `None` when the lane has no more.
    pub fn bound(&self) -> Option<&Position> {
        match (self.ready.front(), &self.rest) {
            (Some((position, _)), _) => Some(position),
            (None, Some(_)) => Some(&self.high),
            (None, None) => None,
        }
    }

    /// Reads the next page.
    pub async fn read(&mut self, store: &EventStore, now: Timestamp) -> Result<(), StoreError> {
        let bounds = (&self.low, &self.high);
        let batch = match self.rest.take() {
            Some(Rest::Index(rest)) => index::read(rest, store, bounds, now).await?,
            Some(Rest::Rejections(rest)) => rejections::read(rest, store, bounds, now).await?,
            None => return Ok(()),
        };
        self.ready.extend(batch.entries);
        self.unreadable += batch.unreadable;
        self.high = batch.high;
        self.rest = batch.rest;
        Ok(())
    }
}

/// Counts and names an entry that cannot be read; the others are shown all the same.
fn or_left_out<T>(entry: Result<T, StoreError>, unreadable: &mut usize) -> Option<T> {
    entry
        .inspect_err(|error| {
            tracing::error!(%error, "entry left out");
            *unreadable += 1;
        })
        .ok()
}
