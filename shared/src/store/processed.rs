//! Whether events were processed: a window's deliveries joined with the outcomes since, and whether an
//! event has an outcome.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::{AttributeValue, Select};
use futures_util::future::try_join_all;
use futures_util::stream::TryStreamExt;
use jiff::Timestamp;

use super::scan::Lane;
use super::{EventStore, StoreError, item, keys};
use crate::log::{Delivery, EventId, LogEntry, TimeRange, Verdict};
use crate::rollup::{Bucket, Grain};

/// Entries of a window that are looked at; beyond that, those of fewer shards.
const MOST_OF_A_WINDOW: u64 = 5_000;
/// Entries that are read of one shard, those since the window among them.
const MOST_OF_A_SHARD: u64 = 20_000;

/// A window's first deliveries that the index shows no outcome of.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Joined {
    /// First deliveries that were looked at, of those that were asked for.
    pub looked_at: u64,
    /// Those without an outcome, in the order of their coming.
    pub without: Vec<Delivery>,
    /// Shards that were read: a shard is an eighth of all events, by a hash of their ids.
    pub shards: u8,
    /// Every outcome since was seen.
    pub is_whole: bool,
}

/// What one shard holds of it.
#[derive(Default)]
struct OfShard {
    of_window: u64,
    joined: Joined,
}

impl EventStore {
    /// The first deliveries of a window that no outcome is known of, of those that are `wanted`: of all
    /// shards up to 5,000 entries, beyond that of as many as hold so many. Another window begins with
    /// another shard. Events whose outcome was logged before the window, or came in just now, may be
    /// among them.
    pub async fn without_outcome(
        &self,
        window: Bucket,
        now: Timestamp,
        wanted: impl Fn(&Delivery) -> bool,
    ) -> Result<Joined, StoreError> {
        let number = window.start.as_second().div_euclid(Grain::Window.seconds());
        let shards = i64::from(keys::SHARDS);
        let shard =
            |more: i64| u8::try_from((number + more).rem_euclid(shards)).unwrap_or_default();
        let first = self.join_shard(shard(0), window, now, &wanted).await?;
        let affordable = MOST_OF_A_WINDOW / first.of_window.max(1);
        let more = i64::try_from(affordable).unwrap_or(shards).clamp(1, shards) - 1;
        let others = (1..=more).map(|more| self.join_shard(shard(more), window, now, &wanted));
        let mut joined = first.joined;
        for OfShard { joined: other, .. } in try_join_all(others).await? {
            joined.looked_at += other.looked_at;
            joined.without.extend(other.without);
            joined.shards += other.shards;
            joined.is_whole &= other.is_whole;
        }
        joined.without.sort_by_key(|delivery| delivery.received_at);
        Ok(joined)
    }

    async fn join_shard(
        &self,
        shard: u8,
        window: Bucket,
        now: Timestamp,
        wanted: impl Fn(&Delivery) -> bool,
    ) -> Result<OfShard, StoreError> {
        let mut found = OfShard::default();
        let Some(range) = TimeRange::new(window.start, now) else { return Ok(found) };
        let mut waiting: BTreeMap<EventId, Delivery> = BTreeMap::new();
        let mut processed: BTreeSet<EventId> = BTreeSet::new();
        let mut read = 0;
        let mut pages = std::pin::pin!(self.pages(Lane::shard(shard, range)));
        while let Some(page) = pages.try_next().await? {
            for item in page.iter().filter(|item| !item::is_expired(item, now)) {
                read += 1;
                let Ok(entry) = item::entry_of(item) else { continue };
                let is_of_window = entry.logged_at() < window.end();
                found.of_window += u64::from(is_of_window);
                match entry {
                    LogEntry::Delivery(delivery)
                        if is_of_window
                            && delivery.verdict == Verdict::Accepted
                            && wanted(&delivery) =>
                    {
                        found.joined.looked_at += 1;
                        waiting.insert(delivery.event_id.clone(), *delivery);
                    }
                    LogEntry::Outcome(outcome) => {
                        let is_late = waiting.remove(&outcome.event_id).is_some();
                        if is_of_window && !is_late {
                            processed.insert(outcome.event_id);
                        }
                    }
                    _ => {}
                }
            }
            if read > MOST_OF_A_SHARD {
                break;
            }
        }
        waiting.retain(|id, _| !processed.contains(id));
        found.joined.without = waiting.into_values().collect();
        found.joined.shards = 1;
        found.joined.is_whole = read <= MOST_OF_A_SHARD;
        Ok(found)
    }

    /// Whether an event has an outcome.
    pub async fn has_outcome(&self, id: &EventId) -> Result<bool, StoreError> {
        let value = |text: String| AttributeValue::S(text);
        let page = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk AND begins_with(sk, :outcome)")
            .expression_attribute_values(":pk", value(keys::event_pk(id)))
            .expression_attribute_values(":outcome", value(keys::OUTCOMES.to_owned()))
            .select(Select::Count)
            .limit(1)
            .send()
            .await
            .map_err(|error| StoreError::request("Query", &error))?;
        Ok(page.count > 0)
    }
}
