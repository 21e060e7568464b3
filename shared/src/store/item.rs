//! Items of the table and the domain values they hold.
//!
//! An item's names are short, since DynamoDB bills them with every entry; a value that is the
//! default is left out for the same reason.

mod delivery;
mod outcome;
mod rejections;
mod rollup;

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{StoreError, keys};
use crate::log::{Entity, EventId, LogEntry};

use delivery::delivery_from;
pub use delivery::{delivery_and_payload_of, delivery_item, is_other_endpoint, is_same_put};
use outcome::outcome_from;
pub use outcome::{
    is_outcome, is_same_content, is_same_entry, outcome_and_particulars_of, outcome_item,
};
pub use rejections::{rejections_item, rejections_of};
pub use rollup::{
    LOGGED, READ_AT, bucket_of, data_of, is_read_after, logged_in, rollup_item, rollup_of,
};

/// An item as the SDK has it.
pub type Item = HashMap<String, AttributeValue>;

/// The lean fields of an entry: the one map that the indexes project.
pub const LEAN: &str = "e";
/// When DynamoDB may delete the item, in epoch seconds.
pub const EXPIRES_AT: &str = "expires_at";

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
pub fn place(item: &Item) -> String {
    let part = |name| item.get(name).and_then(|v| v.as_s().ok()).map_or("?", String::as_str);
    format!("{}/{}", part(keys::PK), part(keys::SK))
}

/// When what is in an item of the time index or of a day's rejections was logged, by its keys.
pub fn logged_at(item: &Item) -> Option<Timestamp> {
    match key(item, keys::LOG_SK) {
        Ok(log_sk) => keys::time_of(log_sk),
        Err(_) => {
            let (pk, sk) = (key(item, keys::PK).ok()?, key(item, keys::SK).ok()?);
            keys::rejections_of(pk, sk).map(|(minute, _)| minute)
        }
    }
}

/// What a query asks for of an item of the time index where only numbers are made of it: the expression, and what
/// its placeholders stand for (one-letter names may be DynamoDB's own words).
pub fn counted_members() -> (String, HashMap<String, String>) {
    let members: BTreeSet<&str> =
        delivery::COUNTED.iter().chain(outcome::COUNTED).copied().collect();
    let keys = [keys::PK, keys::SK, keys::LOG_SK, EXPIRES_AT].map(str::to_owned);
    let paths = members.iter().map(|member| format!("#{LEAN}.#{member}"));
    let names = members.iter().chain([&LEAN]).map(|name| (format!("#{name}"), (*name).to_owned()));
    (keys.into_iter().chain(paths).collect::<Vec<_>>().join(", "), names.collect())
}

/// The log entries in an item of the time index or of a day's rejections.
/// The lean fields are taken out of it: copying them would be a fifth of the work of reading an entry.
pub fn entries_of(item: &mut Item) -> Result<Vec<LogEntry>, StoreError> {
    match item.contains_key(keys::LOG_SK) {
        true => {
            let stored = item.remove(LEAN);
            Ok(vec![entry_from(item, stored)?])
        }
        false => {
            let counts = rejections_of(item)?.counts;
            Ok(counts.into_iter().map(LogEntry::Rejection).collect())
        }
    }
}

/// The entry about an event in an item of the table or of an index.
pub fn entry_of(item: &Item) -> Result<LogEntry, StoreError> {
    entry_from(item, item.get(LEAN).cloned())
}

fn entry_from(item: &Item, stored: Option<AttributeValue>) -> Result<LogEntry, StoreError> {
    match is_outcome(item) {
        true => Ok(LogEntry::Outcome(Box::new(outcome_from(item, stored)?))),
        false => Ok(LogEntry::Delivery(Box::new(delivery_from(item, stored)?))),
    }
}

/// The item of an entry about an event, as far as all of them are alike: keys, index keys, the lean
/// fields. `entity` is given where the entry is to be found by it; `days` is how long it is kept.
fn entry_item(
    (id, sk): (&EventId, String),
    logged_at: Timestamp,
    lean: impl Serialize,
    entity: Option<&Entity>,
    days: u32,
) -> Result<Item, StoreError> {
    let pk = keys::event_pk(id);
    let lean = serde_dynamo::to_attribute_value(lean)
        .map_err(|_| StoreError::corrupt(&format!("{pk}/{sk}"), LEAN))?;
    let mut item = Item::from([
        (keys::PK.to_owned(), text(pk)),
        (keys::LOG_PK.to_owned(), text(keys::log_shard_of(id))),
        (keys::LOG_SK.to_owned(), text(keys::log_sk(logged_at, id, &sk))),
        (keys::SK.to_owned(), text(sk)),
        (EXPIRES_AT.to_owned(), epoch_seconds(logged_at, days)),
        (LEAN.to_owned(), lean),
    ]);
    if let Some(pk) = entity.and_then(keys::entity_pk) {
        item.insert(keys::ENTITY_PK.to_owned(), text(pk));
    }
    Ok(item)
}

/// The lean fields, which are stored in the item as one map.
fn lean<T: DeserializeOwned>(item: &Item, stored: Option<AttributeValue>) -> Result<T, StoreError> {
    stored
        .and_then(|value| serde_dynamo::from_attribute_value(value).ok())
        .ok_or_else(|| StoreError::corrupt(&place(item), LEAN))
}

pub fn number(item: &Item, name: &str) -> Option<i64> {
    item.get(name)?.as_n().ok()?.parse().ok()
}

fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

fn epoch_seconds(at: Timestamp, days: u32) -> AttributeValue {
    AttributeValue::N((at.as_second() + i64::from(days) * 86_400).to_string())
}

/// All of the names are of lean fields of an entry that has everything.
#[cfg(test)]
fn assert_are_members(item: &Item, counted: &[&str]) {
    let members = item.get(LEAN).and_then(|lean| lean.as_m().ok()).unwrap();
    let missing: Vec<_> = counted.iter().filter(|name| !members.contains_key(**name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// An entry adds the same to a rollup where only these of its lean fields are read.
#[cfg(test)]
fn assert_counts_without_the_rest(mut item: Item, counted: &[&str]) {
    let rolled_up = |item: &Item| {
        let mut rollup = crate::rollup::Rollup::default();
        rollup.add(&entry_of(item).unwrap());
        rollup
    };
    let whole = rolled_up(&item);
    if let Some(AttributeValue::M(members)) = item.get_mut(LEAN) {
        members.retain(|name, _| counted.contains(&name.as_str()));
    }
    assert_eq!(rolled_up(&item), whole);
}
