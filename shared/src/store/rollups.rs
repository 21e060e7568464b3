//! Rollups in the table: put so that a worse one never replaces a better one, read by ranges.

mod mark;
mod put;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use super::item::{self, EXPIRES_AT, Item, LOGGED, READ_AT};
use super::keys::rollups::{self as keys, Detail};
use super::keys::{PK, SK};
use super::{EventStore, StoreError};
use crate::log::TimeRange;
use crate::rollup::{Bucket, GRACE, Grain, Rollup};

pub use mark::{MadeDays, RollupMark};
pub use put::PutRollup;

/// A rollup as it was found.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredRollup {
    /// Its stretch of the log.
    pub bucket: Bucket,
    /// When the log was read for it.
    pub read_at: Timestamp,
    /// The rollup.
    pub rollup: Rollup,
    /// The same as it is stored, which is small.
    pub encoded: Vec<u8>,
}

/// An item that should be a rollup and is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DamagedRollup {
    /// The stretch of the log that it should tell of.
    pub bucket: Bucket,
    /// What is there instead.
    data: Option<Vec<u8>>,
}

/// What of items is answered; they are billed whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Attributes {
    /// All there is.
    All,
    /// What says that they are there, when they read the log, and how much was logged.
    Keys,
}

impl Attributes {
    fn projection(self) -> Option<String> {
        (self == Self::Keys).then(|| format!("{PK}, {SK}, {LOGGED}, {READ_AT}, {EXPIRES_AT}"))
    }
}

impl EventStore {
    /// Hands over every stored rollup of a grain that lies within a range, page by page. An expired
    /// one is none, and neither is one of a clock that was ahead: it has read what was not logged yet.
    pub async fn rollups(
        &self,
        grain: Grain,
        range: TimeRange,
        detail: Detail,
        now: Timestamp,
        mut take: impl FnMut(Result<StoredRollup, DamagedRollup>),
    ) -> Result<(), StoreError> {
        let take = |bucket, item: Item| take(found(bucket, &item));
        self.rollup_items(grain, range, (detail, Attributes::All), now, take).await
    }

    /// The same before they are decoded, when they are small.
    pub(super) async fn rollup_items(
        &self,
        grain: Grain,
        range: TimeRange,
        what: (Detail, Attributes),
        now: Timestamp,
        mut take: impl FnMut(Bucket, Item),
    ) -> Result<(), StoreError> {
        let mut first = grain.bucket_of(range.from());
        if first.start < range.from() {
            first = first.next();
        }
        while first.end() <= range.to() {
            let next = keys::next_partition(first);
            let last = last_within(first, next, range);
            self.rollups_of_partition(first, last, what, now, &mut take).await?;
            let Some(next) = next else { break };
            first = next;
        }
        Ok(())
    }

    /// Whether a rollup of a time before `before` is there: a window of its day or the day before, or
    /// an hour that is not older than `since`.
    pub(super) async fn has_rollup_before(
        &self,
        before: Timestamp,
        since: Timestamp,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let window = Grain::Window.bucket_of(before);
        let windows = [Some(window), keys::last_of_partition_before(window)];
        let hour = Grain::Hour.bucket_of(before);
        let months =
            std::iter::successors(Some(hour), |last| keys::last_of_partition_before(*last));
        let months = months.take_while(|last| last.end() > since);
        for last in windows.into_iter().flatten().chain(months) {
            if self.has_rollup_up_to(last, before, now).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether a rollup that begins before a time is in the partition of a bucket, up to that bucket.
    async fn has_rollup_up_to(
        &self,
        last: Bucket,
        before: Timestamp,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let value = |text: String| AttributeValue::S(text);
        let condition = match last.start < before {
            true => "pk = :pk AND sk <= :sk",
            false => "pk = :pk AND sk < :sk",
        };
        let page = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression(condition)
            .expression_attribute_values(":pk", value(keys::pk(last)))
            .expression_attribute_values(":sk", value(keys::sk(last, Detail::Totals)))
            .scan_index_forward(false)
            .limit(1)
            .send()
            .await
            .map_err(|error| StoreError::request("Query", &error))?;
        Ok(page.items().iter().any(|item| !item::is_expired(item, now)))
    }

    async fn rollups_of_partition(
        &self,
        first: Bucket,
        last: Bucket,
        (detail, attributes): (Detail, Attributes),
        now: Timestamp,
        take: &mut impl FnMut(Bucket, Item),
    ) -> Result<(), StoreError> {
        let value = |text: String| AttributeValue::S(text);
        let mut start = None;
        loop {
            let page = self
                .client
                .query()
                .table_name(&self.table)
                .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :last")
                .expression_attribute_values(":pk", value(keys::pk(first)))
                .expression_attribute_values(":first", value(keys::sk(first, detail)))
                .expression_attribute_values(":last", value(keys::sk(last, detail)))
                .set_projection_expression(attributes.projection())
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| StoreError::request("Query", &error))?;
            for item in page.items.unwrap_or_default() {
                if item::is_expired(&item, now) || item::is_read_after(&item, now + GRACE) {
                    continue;
                }
                match item::bucket_of(&item) {
                    Ok(bucket) => take(bucket, item),
                    Err(error) => tracing::error!(%error, "rollup left out"),
                }
            }
            start = page.last_evaluated_key;
            if start.is_none() {
                return Ok(());
            }
        }
    }
}

/// The last bucket that is in the partition of `first` and ends within the range.
fn last_within(first: Bucket, next_partition: Option<Bucket>, range: TimeRange) -> Bucket {
    let end = next_partition.map_or(range.to(), |next| next.start.min(range.to()));
    let last = first.grain.bucket_of(end);
    // What the end itself is in ends after it.
    let start = last.start.as_second() - first.grain.seconds();
    Bucket { start: Timestamp::from_second(start).unwrap_or(first.start), ..first }
}

/// The rollup in an item.
pub(super) fn found(bucket: Bucket, item: &Item) -> Result<StoredRollup, DamagedRollup> {
    match item::rollup_of(item) {
        Some((rollup, read_at)) => {
            let encoded = item::data_of(item).unwrap_or_default();
            Ok(StoredRollup { bucket, read_at, rollup, encoded })
        }
        None => {
            tracing::error!(item = item::place(item), "damaged rollup");
            Err(DamagedRollup { bucket, data: item::data_of(item) })
        }
    }
}
