//! The receiver's own handler on a table of its own, with its requests to DynamoDB counted.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::types::AttributeValue;
use local::template::TableDefinition;
use shared::config::{DiagnosticLevel, Vars};
use shared::privacy::PayloadPolicy;
use shared::store::{EntityIndex, EventStore};
use webhook_receiver::config::Config;
use webhook_receiver::handler::{App, handle};
use webhook_receiver::secret::SigningSecret;
use webhook_receiver::source::Sources;

use crate::bill::Item;
use crate::traffic::{self, Event};

const TABLE: &str = "events";
/// Every so many events, Stripe delivers one twice.
const DELIVERED_TWICE: usize = 100;

/// A receiver and its table.
pub struct Receiver {
    app: App,
    client: Client,
    requests: Arc<AtomicUsize>,
}

/// The most requests to DynamoDB that one delivery took.
#[derive(Debug, Clone, Copy)]
pub struct Requests {
    /// Of first deliveries.
    pub accepted: usize,
    /// Of repeated ones.
    pub duplicate: usize,
}

impl Receiver {
    /// Makes the table on the engine at `endpoint`.
    pub async fn start(
        endpoint: &str,
        table: &TableDefinition,
        (index, payload): (EntityIndex, PayloadPolicy),
    ) -> Self {
        let client = local::table::client(endpoint);
        local::table::create(&client, table, TABLE).await.unwrap();
        let requests = Arc::<AtomicUsize>::default();
        let counted = client.config().to_builder().interceptor(Counter(requests.clone())).build();
        let unset = Vars::new(&|_| None);
        let config = Config {
            secrets: shared::secrets::Secret::fixed(vec![SigningSecret::new(
                "live",
                traffic::SECRET,
            )]),
            probe_secret: None,
            sources: Sources::from_vars(&unset).unwrap(),
            payload,
            privacy_key: None,
            retention: tests::log::retention(),
            diagnostics: DiagnosticLevel::from_vars(&unset).unwrap(),
            store: EventStore::new(Client::from_conf(counted), TABLE.to_owned(), index),
        };
        Self { app: App::new(config).unwrap(), client, requests }
    }

    /// Delivers the events one after the other, some of them twice.
    pub async fn deliver(&self, events: &[Event]) -> Requests {
        let mut most = Requests { accepted: 0, duplicate: 0 };
        for (number, event) in events.iter().enumerate() {
            most.accepted = most.accepted.max(self.deliver_one(event, "stored").await);
            if number % DELIVERED_TWICE == 0 {
                most.duplicate = most.duplicate.max(self.deliver_one(event, "duplicate").await);
            }
        }
        most
    }

    /// Delivers one event, and says how many requests that took.
    async fn deliver_one(&self, event: &Event, status: &str) -> usize {
        let before = self.requests.load(Ordering::SeqCst);
        let response = handle(&self.app, &traffic::request(&event.json), "invocation").await;
        let answer: serde_json::Value = serde_json::from_str(&response.body).unwrap();
        assert_eq!((response.status_code, &answer["status"]), (200, &status.into()), "{answer}");
        self.requests.load(Ordering::SeqCst) - before
    }

    /// The item that each event's first delivery left in the table.
    pub async fn items_of(&self, events: &[Event]) -> Vec<Item> {
        let mut pages = self.client.scan().table_name(TABLE).into_paginator().items().send();
        let mut first_deliveries = HashMap::new();
        while let Some(item) = pages.next().await {
            let item = item.unwrap();
            if item["sk"] == AttributeValue::S("DELIVERY".to_owned()) {
                first_deliveries.insert(item["pk"].as_s().unwrap().clone(), item);
            }
        }
        let item_of = |event: &Event| first_deliveries.remove(&format!("EVENT#{}", event.id()));
        events.iter().map(item_of).map(|item| item.expect("an item for every event")).collect()
    }
}

/// Counts what is put on the wire, the SDK's own retries included.
#[derive(Debug)]
struct Counter(Arc<AtomicUsize>);

impl Intercept for Counter {
    fn name(&self) -> &'static str {
        "Counter"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}
