//! One sorted source of a search, read a page at a time from new to old.

use std::collections::VecDeque;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use super::Position;
use crate::log::{LogEntry, Rejection};
use crate::store::item::{self, Item};
use crate::store::{EventStore, StoreError, keys};

const QUERY: &str = "Query";
/// First page of a lane: enough for an unfiltered list over eight shards.
const FIRST_PAGE: i32 = 16;
const LARGEST_PAGE: i32 = 256;

/// A lane: what was read and not yet taken, and where reading goes on.
pub struct Lane {
    source: Source,
    /// Read and not yet taken, newest first.
    pub ready: VecDeque<(Position, LogEntry)>,
    low: Position,
    high: Position,
    rest: Rest,
    page_size: i32,
}

enum Source {
    Index { name: &'static str, partition: &'static str, pk: String },
    Rejections,
}

enum Rest {
    /// Go on from the start key, or from the top.
    Index(Option<Item>),
    /// Go on with this day.
    Day(Date),
    Done,
}

impl Lane {
    /// A shard of the time index.
    pub fn shard(pk: String, from: Timestamp, high: &Position) -> Self {
        Self::index(keys::TIME_INDEX, keys::LOG_PK, pk, from, high)
    }

    /// An object's partition of the entity index.
    pub fn entity(pk: String, from: Timestamp, high: &Position) -> Self {
        Self::index(keys::ENTITY_INDEX, keys::ENTITY_PK, pk, from, high)
    }

    fn index(
        name: &'static str,
        partition: &'static str,
        pk: String,
        from: Timestamp,
        high: &Position,
    ) -> Self {
        Self::new(Source::Index { name, partition, pk }, Rest::Index(None), from, high)
    }

    /// The rejections, day by day.
    pub fn rejections(from: Timestamp, high: &Position) -> Self {
        Self::new(Source::Rejections, Rest::Day(keys::day_of(high.time())), from, high)
    }

    fn new(source: Source, rest: Rest, from: Timestamp, high: &Position) -> Self {
        let low = Position(keys::time(from));
        Self {
            source,
            ready: VecDeque::new(),
            low,
            high: high.clone(),
            rest,
            page_size: FIRST_PAGE,
        }
    }

    /// No entry that this lane still has lies at or above this position, or, for one that is ready,
    /// above it. `None` when the lane has no more.
    pub fn bound(&self) -> Option<&Position> {
        match (self.ready.front(), &self.rest) {
            (Some((position, _)), _) => Some(position),
            (None, Rest::Done) => None,
            (None, _) => Some(&self.high),
        }
    }

    /// Reads the next page.
    pub async fn read(&mut self, store: &EventStore, now: Timestamp) -> Result<(), StoreError> {
        match std::mem::replace(&mut self.rest, Rest::Done) {
            Rest::Index(start) => self.read_index(store, start, now).await,
            Rest::Day(day) => self.read_day(store, day, now).await,
            Rest::Done => Ok(()),
        }
    }

    async fn read_index(
        &mut self,
        store: &EventStore,
        start: Option<Item>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let Source::Index { name, partition, pk } = &self.source else { return Ok(()) };
        let value = |text: &str| AttributeValue::S(text.to_owned());
        let page = store
            .client
            .query()
            .table_name(&store.table)
            .index_name(*name)
            .key_condition_expression("#pk = :pk AND gsi1sk BETWEEN :low AND :high")
            .expression_attribute_names("#pk", *partition)
            .expression_attribute_values(":pk", value(pk))
            .expression_attribute_values(":low", value(&self.low.0))
            .expression_attribute_values(":high", value(&self.high.0))
            .scan_index_forward(false)
            .limit(self.page_size)
            .set_exclusive_start_key(start)
            .send()
            .await
            .map_err(|error| StoreError::request(QUERY, &error))?;
        let mut last = None;
        for item in page.items() {
            let position = Position(item::key(item, keys::LOG_SK)?.to_owned());
            last = Some(position.clone());
            // BETWEEN includes the cursor's own entry, which the page before has shown.
            if position < self.high && !item::is_expired(item, now) {
                let entry = LogEntry::Delivery(Box::new(item::delivery_of(item)?));
                self.ready.push_back((position, entry));
            }
        }
        if let Some(start) = page.last_evaluated_key {
            self.rest = Rest::Index(Some(start));
            self.page_size = (self.page_size * 4).min(LARGEST_PAGE);
        }
        self.high = last.unwrap_or_else(|| self.high.clone());
        Ok(())
    }

    /// A day's rejections have at most one item a minute and instance: the day is read whole.
    async fn read_day(
        &mut self,
        store: &EventStore,
        day: Date,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut start = None;
        loop {
            let page = store
                .client
                .query()
                .table_name(&store.table)
                .key_condition_expression("pk = :pk")
                .expression_attribute_values(":pk", AttributeValue::S(keys::rejections_pk(day)))
                .scan_index_forward(false)
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| StoreError::request(QUERY, &error))?;
            for item in page.items().iter().filter(|item| !item::is_expired(item, now)) {
                let counts = item::rejections_of(item)?.counts.into_iter();
                let placed = counts
                    .map(|rejection| (position_of(&rejection), LogEntry::Rejection(rejection)));
                self.ready.extend(placed.filter(|(at, _)| self.low <= *at && *at < self.high));
            }
            start = page.last_evaluated_key;
            if start.is_none() {
                break;
            }
        }
        self.ready.make_contiguous().sort_by(|(a, _), (b, _)| b.cmp(a));
        let first_day = keys::day_of(self.low.time());
        if let Some(before) = day.checked_sub(1.day()).ok().filter(|before| *before >= first_day) {
            self.rest = Rest::Day(before);
            self.high = Position(format!("{day}T00:00:00.000000Z"));
        }
        Ok(())
    }
}

/// A rejection's place in the log: its minute, then what makes it unique within.
fn position_of(rejection: &Rejection) -> Position {
    let Rejection { minute, instance, cause, refused_genuine, source_ip, .. } = rejection;
    let source = source_ip.as_deref().unwrap_or("other");
    Position(format!(
        "{}#rejected#{instance}#{cause}#{refused_genuine}#{source}",
        keys::time(*minute)
    ))
}
