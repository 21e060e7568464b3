//! The list: log entries of a range, newest first, from several lanes at once.
//!
//! A lane is one sorted source: a shard of the time index, an object's partition of the entity
//! index, or the rejections by day. The newest head of all lanes is taken until the page is full,
//! the range is done, or the work that one call may do is used up. Every entry has a position, a
//! string that sorts by time and is unique: the last one is all that a cursor needs.

mod lane;
mod page;

use jiff::Timestamp;

use super::{EventStore, StoreError, keys};
use crate::log::{Entity, LogEntry, TimeRange};
use lane::Lane;
use page::Pages;

/// What to list.
pub struct Search<'a> {
    /// Times of logging. Rejections are logged by the minute: those of every minute that the range
    /// touches are in it.
    pub range: TimeRange,
    /// Only entries older than this position, the end of an earlier page.
    pub before: Option<&'a Position>,
    /// Entries of a page, at least 1.
    pub limit: usize,
    /// Where to look.
    pub scope: Scope<'a>,
    /// Entries that expired before are not shown.
    pub now: Timestamp,
}

/// Where a search looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scope<'a> {
    /// Everything there is.
    Everything,
    /// Deliveries and outcomes.
    Events,
    /// Rejections only.
    Rejections,
    /// Deliveries and outcomes about one object; the entity index is used where it is complete.
    Entity(&'a Entity),
}

/// A place in the log: everything before it in the listing's order has been looked at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position(String);

impl Position {
    /// A position from a cursor; `None` unless it begins with a time.
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() <= 1_024 && keys::time_of(text).is_some()).then(|| Self(text.to_owned()))
    }

    /// The position as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The time that the position begins with.
    pub fn time(&self) -> Timestamp {
        keys::time_of(&self.0).unwrap_or(Timestamp::MIN)
    }
}

/// One page of a search.
pub struct Page {
    /// Matching entries, newest first.
    pub entries: Vec<LogEntry>,
    /// Everything later than this has been searched, from the end of the range down; with no
    /// `next`, all of the range.
    pub searched_through: Timestamp,
    /// Where the next page goes on; `None` when the whole range has been searched.
    pub next: Option<Position>,
    /// Entries looked at, matching or not.
    pub examined: usize,
    /// Entries that this version cannot read; each is named in the function's log.
    pub unreadable: usize,
}

impl EventStore {
    /// One page of the log. Looks at no more than 4,000 entries and begins no reading after 12
    /// seconds, so a page may be short, even empty, and still have a `next`.
    pub async fn search(
        &self,
        search: &Search<'_>,
        keep: impl Fn(&LogEntry) -> bool,
    ) -> Result<Page, StoreError> {
        let range = search.range;
        let end = Position(keys::time(range.to()));
        let high = search.before.cloned().filter(|before| *before < end).unwrap_or(end);
        let (lanes, low) = self.lanes(search.scope, range, &high);
        let mut page =
            Pages { store: self, lanes, now: search.now }.read(high, search.limit, keep).await?;
        if page.next.is_none() && low > range.from() {
            page.next = Some(Position(keys::time(low)));
        }
        let reached = page.next.as_ref().map_or(range.from(), Position::time);
        page.searched_through = reached.max(range.from());
        Ok(page)
    }

    /// The lanes of a scope down to a lower bound, which lies above the range's when the entity
    /// index does not reach further.
    fn lanes(&self, scope: Scope<'_>, range: TimeRange, high: &Position) -> (Vec<Lane>, Timestamp) {
        let indexed = match scope {
            Scope::Entity(entity) => self
                .entity_index
                .complete_since()
                .filter(|since| *since < high.time())
                .zip(keys::entity_pk(entity)),
            _ => None,
        };
        if let Some((since, pk)) = indexed {
            let low = since.max(range.from());
            return (vec![Lane::entity(pk, low, high)], low);
        }
        let shards = (0..keys::SHARDS).map(|n| Lane::shard(keys::log_shard(n), range.from(), high));
        let rejections = || Lane::rejections(range.from(), high);
        let lanes = match scope {
            Scope::Everything => shards.chain([rejections()]).collect(),
            Scope::Events | Scope::Entity(_) => shards.collect(),
            Scope::Rejections => vec![rejections()],
        };
        (lanes, range.from())
    }
}
