//! Probes: the database's own, and what the front door's writes.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use tokio::time::{Instant, timeout, timeout_at};

use super::documents::Place;
use super::{EventStore, StoreError, keys};

/// Tries within the limit.
const TRIES: u32 = 3;

impl EventStore {
    /// Writes the time and reads it back, and tells how long both took together. Three tries within
    /// `limit`, each with its share of it.
    pub async fn probe(&self, now: Timestamp, limit: Duration) -> Result<Duration, StoreError> {
        let until = Instant::now() + limit;
        let mut last = None;
        for _ in 0..TRIES {
            let begun = Instant::now();
            match timeout_at(until, timeout(limit / TRIES, self.write_and_read(now))).await {
                Ok(Ok(Ok(()))) => return Ok(begun.elapsed()),
                Ok(Ok(Err(error))) => last = Some(error),
                Ok(Err(overdue)) => last = Some(StoreError::request("PutItem", &overdue)),
                Err(overdue) => last = Some(StoreError::request("PutItem", &overdue)),
            }
        }
        Err(last.unwrap_or_else(|| StoreError::corrupt("PROBE/DATABASE", "probe")))
    }

    /// Writes that a probe came in by the front door, over what the one before wrote. No list, number or
    /// dedupe knows of it.
    pub async fn put_front_door_probe(&self, now: Timestamp) -> Result<(), StoreError> {
        self.put_time(keys::watch::front_door_probe(), now).await
    }

    async fn put_time(&self, place: Place, now: Timestamp) -> Result<(), StoreError> {
        self.put()
            .item(keys::PK, AttributeValue::S(place.pk))
            .item(keys::SK, AttributeValue::S(place.sk))
            .item("d", AttributeValue::S(keys::time(now)))
            .send()
            .await
            .map(drop)
            .map_err(|error| StoreError::request("PutItem", &error))
    }

    async fn write_and_read(&self, now: Timestamp) -> Result<(), StoreError> {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let place = keys::watch::database_probe();
        self.put_time(place.clone(), now).await?;
        let page = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("pk = :pk AND sk = :sk")
            .expression_attribute_values(":pk", text(&place.pk))
            .expression_attribute_values(":sk", text(&place.sk))
            .send()
            .await
            .map_err(|error| StoreError::request("Query", &error))?;
        // Another probe may have written since.
        match page.items().is_empty() {
            false => Ok(()),
            true => Err(StoreError::corrupt("PROBE/DATABASE", "d")),
        }
    }
}
