//! Merging lanes into one page with bounded work.

use std::time::Duration;

use futures_util::future::try_join_all;
use jiff::Timestamp;
use tokio::time::Instant;

use super::lane::Lane;
use super::{Page, Position};
use crate::log::LogEntry;
use crate::store::{EventStore, StoreError};

/// Entries that one call may look at: of the time index about 1.6 MB, 200 read units.
const MOST_EXAMINED: usize = 4_000;
/// Time after which no further reading is begun; with the last one well below the function's limit.
const MOST_TIME: Duration = Duration::from_secs(12);

/// The lanes of one call.
pub struct Pages<'a> {
    pub store: &'a EventStore,
    pub lanes: Vec<Lane>,
    pub now: Timestamp,
}

impl Pages<'_> {
    /// Takes the newest entries below `high` until the page is full or the work is done.
    pub async fn read(
        mut self,
        high: Position,
        limit: usize,
        keep: impl Fn(&LogEntry) -> bool,
    ) -> Result<Page, StoreError> {
        let mut page = Page {
            entries: Vec::new(),
            searched_through: high.time(),
            next: Some(high),
            examined: 0,
            unreadable: 0,
        };
        let begun = Instant::now();
        while page.entries.len() < limit && page.examined < MOST_EXAMINED {
            let Some(newest) = self.newest() else {
                page.next = None;
                break;
            };
            let Some((position, entry)) = newest.ready.pop_front() else {
                if begun.elapsed() > MOST_TIME {
                    page.next = newest.bound().cloned();
                    break;
                }
                self.read_dry_lanes().await?;
                continue;
            };
            page.examined += 1;
            page.next = Some(position);
            if keep(&entry) {
                page.entries.push(entry);
            }
        }
        page.unreadable = self.lanes.iter().map(|lane| lane.unreadable).sum();
        Ok(page)
    }

    /// The lane that may hold the newest entry; where two may, the one that has not been read.
    fn newest(&mut self) -> Option<&mut Lane> {
        let lanes = self.lanes.iter_mut().filter(|lane| lane.bound().is_some());
        lanes.max_by(|a, b| a.bound().cmp(&b.bound()).then(b.ready.len().cmp(&a.ready.len())))
    }

    /// Reads, at once, every dry lane that may hold something newer than all that is ready.
    async fn read_dry_lanes(&mut self) -> Result<(), StoreError> {
        let newest_ready =
            self.lanes.iter().filter_map(|lane| lane.ready.front()).map(|(at, _)| at.clone()).max();
        let dry = self.lanes.iter_mut().filter(|lane| {
            lane.ready.is_empty()
                && lane.bound().is_some_and(|bound| Some(bound) >= newest_ready.as_ref())
        });
        try_join_all(dry.map(|lane| lane.read(self.store, self.now))).await.map(drop)
    }
}
