//! Everything about one event, from its own partition.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use super::{EventStore, StoreError, StoredPayload, item, keys, payload};
use crate::log::{Delivery, EventId};

const QUERY: &str = "Query";

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

    /// Every delivery of an event that has not expired, the first one first, then in the order they
    /// came; empty when the event is unknown. Strongly consistent: what was answered 200 is there.
    pub async fn load_event(
        &self,
        id: &EventId,
        now: Timestamp,
    ) -> Result<Vec<StoredDelivery>, StoreError> {
        let mut deliveries = Vec::new();
        let mut start = None;
        loop {
            let query = self.query_event(&keys::event_pk(id)).consistent_read(true);
            let page = query
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| StoreError::request(QUERY, &error))?;
            for item in page.items().iter().filter(|item| !item::is_expired(item, now)) {
                let (delivery, payload) = item::first_delivery_of(item)?;
                deliveries.push(StoredDelivery { delivery, payload });
            }
            start = page.last_evaluated_key;
            if start.is_none() {
                return Ok(deliveries);
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
