//! Everything about one event, from its own partition.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use tokio::time::timeout;

use super::{EventStore, StoreError, StoredPayload, item, keys, payload};
use crate::log::{Delivery, EventId};

const QUERY: &str = "Query";

/// Deliveries read of one event. Stripe sends a few dozen at most; somebody who replays a captured
/// one may send more.
const MOST_DELIVERIES: usize = 500;

/// An event's deliveries.
#[derive(Clone, Default)]
pub struct StoredEvent {
    /// The first one first, then in the order they came; empty when the event is unknown.
    pub deliveries: Vec<StoredDelivery>,
    /// Entries that this version cannot read; each is named in the function's log.
    pub unreadable: usize,
    /// There are more than were read.
    pub has_more: bool,
}

/// A delivery with what is kept of its payload; repetitions have none.
#[derive(Clone, PartialEq)]
pub struct StoredDelivery {
    /// The delivery.
    pub delivery: Delivery,
    /// What the policy of its time kept.
    pub payload: StoredPayload,
}

impl StoredDelivery {
    /// The body as Stripe sent it; `None` when it was not kept, or cannot be read.
    pub fn body(&self) -> Option<Vec<u8>> {
        match &self.payload {
            StoredPayload::Kept(stored) => payload::decode(stored, self.delivery.body_bytes),
            StoredPayload::Omitted { .. } | StoredPayload::NotKept => None,
        }
    }
}

impl EventStore {
    /// Opens the connection and makes everything ready for reading. Gives up after `limit`.
    pub async fn warm_for_reading(&self, limit: Duration) -> Result<(), StoreError> {
        match timeout(limit, self.query_event("WARM").limit(1).send()).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(StoreError::request(QUERY, &error)),
            Err(overdue) => Err(StoreError::request(QUERY, &overdue)),
        }
    }

    /// What is known about an event and has not expired. Strongly consistent: what was answered 200
    /// is there.
    pub async fn load_event(
        &self,
        id: &EventId,
        now: Timestamp,
    ) -> Result<StoredEvent, StoreError> {
        let mut event = StoredEvent::default();
        let mut start = None;
        loop {
            let query = self.query_event(&keys::event_pk(id)).consistent_read(true);
            let missing = MOST_DELIVERIES - (event.deliveries.len() + event.unreadable);
            let page = query
                .limit(i32::try_from(missing).unwrap_or(i32::MAX))
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| StoreError::request(QUERY, &error))?;
            for item in page.items().iter().filter(|item| !item::is_expired(item, now)) {
                match item::delivery_and_payload_of(item) {
                    Ok((delivery, payload)) => {
                        event.deliveries.push(StoredDelivery { delivery, payload });
                    }
                    Err(error) => {
                        tracing::error!(%error, "entry left out");
                        event.unreadable += 1;
                    }
                }
            }
            start = page.last_evaluated_key;
            if start.is_none() || event.deliveries.len() + event.unreadable == MOST_DELIVERIES {
                event.has_more = start.is_some();
                return Ok(event);
            }
        }
    }

    fn query_event(
        &self,
        pk: &str,
    ) -> aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", AttributeValue::S(pk.to_owned()))
    }
}
