//! Items of the table and the domain values they hold.
//!
//! An item's names are short, since DynamoDB bills them with every entry; a value that is the
//! default is left out for the same reason.

mod delivery;
mod rejections;

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde::de::DeserializeOwned;

use super::{StoreError, keys};

pub use delivery::{
    delivery_and_payload_of, delivery_item, delivery_of, is_other_endpoint, is_same_put,
};
pub use rejections::{rejections_item, rejections_of};

/// An item as the SDK has it.
pub type Item = HashMap<String, AttributeValue>;

/// The lean fields of an entry: the one map that the indexes project.
const LEAN: &str = "e";
/// When DynamoDB may delete the item, in epoch seconds.
const EXPIRES_AT: &str = "expires_at";

/// Whether the item has expired; DynamoDB deletes such items up to days later.
pub fn is_expired(item: &Item, now: Timestamp) -> bool {
    let expires_at = item.get(EXPIRES_AT).and_then(|value| value.as_n().ok());
    expires_at.and_then(|text| text.parse::<i64>().ok()).is_some_and(|at| at < now.as_second())
}

/// A key attribute's text.
pub fn key<'a>(item: &'a Item, name: &'static str) -> Result<&'a str, StoreError> {
    let text = item.get(name).and_then(|value| value.as_s().ok());
    text.map(String::as_str).ok_or_else(|| StoreError::corrupt(&place(item), name))
}

/// Where an item is, for an error.
fn place(item: &Item) -> String {
    let part = |name| item.get(name).and_then(|v| v.as_s().ok()).map_or("?", String::as_str);
    format!("{}/{}", part(keys::PK), part(keys::SK))
}

fn lean<T: DeserializeOwned>(item: &Item) -> Result<T, StoreError> {
    let value = item.get(LEAN).cloned();
    value
        .and_then(|value| serde_dynamo::from_attribute_value(value).ok())
        .ok_or_else(|| StoreError::corrupt(&place(item), LEAN))
}

fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

fn epoch_seconds(at: Timestamp, days: u32) -> AttributeValue {
    AttributeValue::N((at.as_second() + i64::from(days) * 86_400).to_string())
}
