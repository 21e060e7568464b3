//! Whether events were processed: a sample of a window's deliveries, and whether an event has an
//! outcome.

use aws_sdk_dynamodb::types::{AttributeValue, Select};
use futures_util::future::try_join_all;
use jiff::Timestamp;

use super::scan::Lane;
use super::{EventStore, StoreError, item, keys};
use crate::log::{Delivery, EventId, LogEntry, Verdict};
use crate::rollup::Bucket;

/// Entries that are read of each shard.
const OF_A_SHARD: i32 = 40;

/// Some of the first deliveries of a window.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DeliverySample {
    /// Those that were read, in the order of their coming.
    pub deliveries: Vec<Delivery>,
    /// They are all that there are.
    pub is_whole: bool,
}

impl EventStore {
    /// The first deliveries among the first 40 entries of each shard of a window: all of them where
    /// there is not much traffic, else a sample that a hash of the event's id has spread.
    pub async fn sample_deliveries(
        &self,
        window: Bucket,
        now: Timestamp,
    ) -> Result<DeliverySample, StoreError> {
        let Some(range) = window.range() else { return Ok(DeliverySample::default()) };
        let pages = Lane::shards(range).map(async |lane| {
            let page = self.query(&lane).limit(OF_A_SHARD).send().await;
            page.map_err(|error| StoreError::request("Query", &error))
        });
        let mut sample = DeliverySample { is_whole: true, ..DeliverySample::default() };
        for page in try_join_all(pages).await? {
            sample.is_whole &= page.last_evaluated_key.is_none();
            let alive = page.items().iter().filter(|item| !item::is_expired(item, now));
            for item in alive {
                if let Ok(LogEntry::Delivery(delivery)) = item::entry_of(item)
                    && delivery.verdict == Verdict::Accepted
                {
                    sample.deliveries.push(*delivery);
                }
            }
        }
        sample.deliveries.sort_by_key(|delivery| delivery.received_at);
        Ok(sample)
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
