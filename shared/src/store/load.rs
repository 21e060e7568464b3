//! Everything about one event, from its own partition.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

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
    /// Opens the connection and makes everything ready for reading.
    pub async fn warm_for_reading(&self) -> Result<(), StoreError> {
        self.query_event("WARM")
            .limit(1)
            .send()
            .await
            .map(drop)
            .map_err(|error| StoreError::request(QUERY, &error))
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
            let page = query
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| StoreError::request(QUERY, &error))?;
            for item in page.items().iter().filter(|item| !item::is_expired(item, now)) {
                match item::first_delivery_of(item) {
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
            if start.is_none() || event.deliveries.len() >= MOST_DELIVERIES {
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
