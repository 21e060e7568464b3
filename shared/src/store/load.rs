//! Everything about one event, from its own partition.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use tokio::time::timeout;

use super::item::{self, Item};
use super::{EventStore, StoreError, StoredPayload, keys, payload};
use crate::log::{Delivery, EventId, Outcome, OutcomeParticulars};

const QUERY: &str = "Query";

/// Deliveries, and outcomes, read of one event. Stripe sends a few dozen deliveries at most; somebody who replays a
/// captured one may send more.
const MOST_ENTRIES: usize = 500;

/// All that is known about an event; nothing where it is unknown.
#[derive(Clone, Default)]
pub struct StoredEvent {
    /// The first one first, then in the order they came.
    pub deliveries: Vec<StoredDelivery>,
    /// In the order in which processing ended.
    pub outcomes: Vec<StoredOutcome>,
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

/// An outcome with all that its caller said.
#[derive(Clone, PartialEq)]
pub struct StoredOutcome {
    /// The outcome.
    pub outcome: Outcome,
    /// The rest.
    pub particulars: OutcomeParticulars,
}

impl StoredEvent {
    fn entries(&self) -> usize {
        self.deliveries.len() + self.outcomes.len() + self.unreadable
    }

    /// Adds an entry; one that cannot be read is counted and named.
    fn add_readable(&mut self, item: &Item) {
        if let Err(error) = self.add(item) {
            tracing::error!(%error, "entry left out");
            self.unreadable += 1;
        }
    }

    fn add(&mut self, item: &Item) -> Result<(), StoreError> {
        if item::is_outcome(item) {
            let (outcome, particulars) = item::outcome_and_particulars_of(item)?;
            self.outcomes.push(StoredOutcome { outcome, particulars });
        } else {
            let (delivery, payload) = item::delivery_and_payload_of(item)?;
            self.deliveries.push(StoredDelivery { delivery, payload });
        }
        Ok(())
    }
}

impl StoredDelivery {
    /// Whether what is kept is what the list left of the body.
    pub fn is_redacted(&self) -> bool {
        matches!(&self.payload, StoredPayload::Kept(stored) if payload::is_redacted(stored))
    }

    /// The body as Stripe sent it, or what the list left of it; `None` when it was not kept, or cannot be read.
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
        // Deliveries sort before outcomes: however many there are, outcomes are read.
        for sk in [keys::FIRST_DELIVERY, keys::OUTCOMES] {
            self.load_entries(id, sk, now, &mut event).await?;
        }
        event.outcomes.sort_by_key(|s| (s.outcome.ended_at, s.outcome.logged_at));
        Ok(event)
    }

    /// An event's first delivery with what is kept of its payload; `None` where it is not known, or cannot be read.
    /// What has come in just now may be missing.
    pub async fn first_delivery(
        &self,
        id: &EventId,
        now: Timestamp,
    ) -> Result<Option<StoredDelivery>, StoreError> {
        let page = self
            .query_event(&keys::event_pk(id))
            .key_condition_expression("pk = :pk AND sk = :sk")
            .expression_attribute_values(":sk", AttributeValue::S(keys::FIRST_DELIVERY.to_owned()))
            .send()
            .await
            .map_err(|error| StoreError::request(QUERY, &error))?;
        let mut event = StoredEvent::default();
        for item in page.items().iter().filter(|item| !item::is_expired(item, now)) {
            event.add_readable(item);
        }
        Ok(event.deliveries.pop())
    }

    /// Adds up to 500 entries whose sort key begins so.
    async fn load_entries(
        &self,
        id: &EventId,
        sk: &str,
        now: Timestamp,
        event: &mut StoredEvent,
    ) -> Result<(), StoreError> {
        let most = event.entries() + MOST_ENTRIES;
        let mut start = None;
        loop {
            let missing = most - event.entries();
            let page = self
                .query_event(&keys::event_pk(id))
                .key_condition_expression("pk = :pk AND begins_with(sk, :sk)")
                .expression_attribute_values(":sk", AttributeValue::S(sk.to_owned()))
                .consistent_read(true)
                .limit(i32::try_from(missing).unwrap_or(i32::MAX))
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| StoreError::request(QUERY, &error))?;
            for item in page.items().iter().filter(|item| !item::is_expired(item, now)) {
                event.add_readable(item);
            }
            start = page.last_evaluated_key;
            if start.is_none() || event.entries() >= most {
                event.has_more |= start.is_some();
                return Ok(());
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
