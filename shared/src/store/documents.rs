//! Documents: items that are one JSON text and a version. What health keeps and people set.

use std::collections::HashMap;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::item::{self, Item};
use super::write::condition_failed;
use super::{EventStore, StoreError, keys};

/// The JSON text.
const DATA: &str = "d";
/// The version, where there is one.
const VERSION: &str = "v";
/// Microseconds that no clock is ahead by, unless it is wrong.
const AHEAD: u64 = 3_600_000_000;

/// Where a document is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub pk: String,
    pub sk: String,
}

/// What must hold for a document to be put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Only {
    /// Nothing.
    Always,
    /// There is none.
    IfAbsent,
    /// The one there has this version (0: none, or there is none); its new one is one more.
    IfVersion(u64),
    /// The one there has an earlier time, in microseconds, which is given and becomes its version; or one
    /// that is hours ahead of it: a clock was wrong; or there is none.
    IfOlderThan(u64),
}

/// A document to be put.
pub struct Write {
    item: Item,
    place: Place,
    only: Only,
}

impl Write {
    /// Makes an item of a value, kept until a time.
    pub fn new(
        place: Place,
        value: &impl Serialize,
        only: Only,
        expires_at: Option<Timestamp>,
    ) -> Result<Self, StoreError> {
        let text = serde_json::to_string(value)
            .map_err(|_| StoreError::corrupt(&format!("{}/{}", place.pk, place.sk), DATA))?;
        let mut item = Item::from([
            (keys::PK.to_owned(), AttributeValue::S(place.pk.clone())),
            (keys::SK.to_owned(), AttributeValue::S(place.sk.clone())),
            (DATA.to_owned(), AttributeValue::S(text)),
        ]);
        let version = match only {
            Only::IfVersion(version) => Some(version + 1),
            Only::IfOlderThan(version) => Some(version),
            Only::Always | Only::IfAbsent => None,
        };
        if let Some(version) = version {
            item.insert(VERSION.to_owned(), AttributeValue::N(version.to_string()));
        }
        if let Some(at) = expires_at {
            let at = AttributeValue::N(at.as_second().to_string());
            item.insert(item::EXPIRES_AT.to_owned(), at);
        }
        Ok(Self { item, place, only })
    }

    /// The condition and the values in it.
    fn condition(&self) -> Option<(&'static str, HashMap<String, AttributeValue>)> {
        let values = |versions: &[(&str, u64)]| {
            let number = |version: &u64| AttributeValue::N(version.to_string());
            versions.iter().map(|(name, version)| ((*name).to_owned(), number(version))).collect()
        };
        match self.only {
            Only::Always => None,
            Only::IfAbsent => Some(("attribute_not_exists(pk)", HashMap::new())),
            Only::IfVersion(0) => Some(("attribute_not_exists(v) OR v = :v", values(&[(":v", 0)]))),
            Only::IfVersion(version) => Some(("v = :v", values(&[(":v", version)]))),
            Only::IfOlderThan(version) => Some((
                "attribute_not_exists(v) OR v < :v OR v > :ahead",
                values(&[(":v", version), (":ahead", version.saturating_add(AHEAD))]),
            )),
        }
    }
}

/// A document as it was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Document<T> {
    /// Its sort key.
    pub sk: String,
    /// Its version; 0 where it has none.
    pub version: u64,
    /// What it says; `None` where it cannot be read, which is named in the function's log.
    pub value: Option<T>,
}

/// Which documents of a partition.
pub struct Wanted<'a> {
    pub pk: &'a str,
    /// Sort keys from and to, both included.
    pub between: Option<(String, String)>,
    pub newest_first: bool,
    pub limit: usize,
}

impl EventStore {
    /// Puts documents: all of them, or none where a condition does not hold (`false`).
    pub(super) async fn write(&self, mut writes: Vec<Write>) -> Result<bool, StoreError> {
        match (writes.pop(), writes.is_empty()) {
            (None, _) => Ok(true),
            (Some(only), true) => self.write_one(only).await,
            (Some(last), false) => {
                writes.push(last);
                self.write_together(writes).await
            }
        }
    }

    async fn write_one(&self, write: Write) -> Result<bool, StoreError> {
        let mut put = self.put();
        if let Some((condition, values)) = write.condition() {
            put = put.condition_expression(condition);
            for (name, value) in values {
                put = put.expression_attribute_values(name, value);
            }
        }
        match put.set_item(Some(write.item)).send().await {
            Ok(_) => Ok(true),
            Err(error) if condition_failed(&error) => Ok(false),
            Err(error) => Err(StoreError::request("PutItem", &error)),
        }
    }

    async fn write_together(&self, writes: Vec<Write>) -> Result<bool, StoreError> {
        let mut transaction = self.client.transact_write_items();
        for write in writes {
            let mut put = Put::builder().table_name(&self.table);
            if let Some((condition, values)) = write.condition() {
                put = put.condition_expression(condition);
                for (name, value) in values {
                    put = put.expression_attribute_values(name, value);
                }
            }
            let key = format!("{}/{}", write.place.pk, write.place.sk);
            let put = put.set_item(Some(write.item)).build();
            let put = put.map_err(|_| StoreError::corrupt(&key, DATA))?;
            transaction = transaction.transact_items(TransactWriteItem::builder().put(put).build());
        }
        match transaction.send().await {
            Ok(_) => Ok(true),
            Err(error) if a_condition_failed(&error) => Ok(false),
            Err(error) => Err(StoreError::request("TransactWriteItems", &error)),
        }
    }

    /// The documents of a partition, strongly consistent; expired ones are not there.
    pub(super) async fn documents<T: DeserializeOwned>(
        &self,
        wanted: Wanted<'_>,
        now: Timestamp,
    ) -> Result<Vec<Document<T>>, StoreError> {
        let mut found = Vec::new();
        let mut start = None;
        let value = |text: &str| AttributeValue::S(text.to_owned());
        loop {
            let missing = wanted.limit.saturating_sub(found.len());
            let mut query = self
                .client
                .query()
                .table_name(&self.table)
                .consistent_read(true)
                .scan_index_forward(!wanted.newest_first)
                .limit(i32::try_from(missing).unwrap_or(i32::MAX))
                .expression_attribute_values(":pk", value(wanted.pk))
                .set_exclusive_start_key(start);
            query = match &wanted.between {
                None => query.key_condition_expression("pk = :pk"),
                Some((first, last)) => query
                    .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :last")
                    .expression_attribute_values(":first", value(first))
                    .expression_attribute_values(":last", value(last)),
            };
            let page = query.send().await.map_err(|error| StoreError::request("Query", &error))?;
            let alive = page.items().iter().filter(|item| !item::is_expired(item, now));
            for item in alive {
                found.push(document(item)?);
            }
            start = page.last_evaluated_key;
            if start.is_none() || found.len() >= wanted.limit {
                return Ok(found);
            }
        }
    }
}

fn document<T: DeserializeOwned>(item: &Item) -> Result<Document<T>, StoreError> {
    let text = item.get(DATA).and_then(|value| value.as_s().ok());
    let value = text.and_then(|text| serde_json::from_str(text).ok());
    if value.is_none() {
        tracing::error!(item = item::place(item), "damaged document");
    }
    let version = item::number(item, VERSION).and_then(|version| u64::try_from(version).ok());
    let sk = item::key(item, keys::SK)?.to_owned();
    Ok(Document { sk, version: version.unwrap_or(0), value })
}

fn a_condition_failed<R>(error: &SdkError<TransactWriteItemsError, R>) -> bool {
    match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => cancelled
            .cancellation_reasons()
            .iter()
            .any(|reason| reason.code() == Some("ConditionalCheckFailed")),
        _ => false,
    }
}
