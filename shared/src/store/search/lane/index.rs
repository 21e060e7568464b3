//! A lane over one partition of an index.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use super::{Batch, or_left_out};
use crate::log::LogEntry;
use crate::store::item::{self, Item};
use crate::store::search::Position;
use crate::store::{EventStore, StoreError, keys};

/// First page of a lane: enough for an unfiltered list over eight shards.
const FIRST_PAGE: i32 = 16;
const LARGEST_PAGE: i32 = 256;

/// Where reading goes on.
pub struct Rest {
    index: &'static str,
    partition: &'static str,
    pk: String,
    start: Option<Item>,
    page_size: i32,
}

impl Rest {
    /// From the top of a shard.
    pub fn shard(pk: String) -> Self {
        let (index, partition) = (keys::TIME_INDEX, keys::LOG_PK);
        Self { index, partition, pk, start: None, page_size: FIRST_PAGE }
    }

    /// From the top of an object's partition.
    pub fn entity(pk: String) -> Self {
        let (index, partition) = (keys::ENTITY_INDEX, keys::ENTITY_PK);
        Self { index, partition, pk, start: None, page_size: FIRST_PAGE }
    }
}

/// Reads a page between the bounds, `low` included and `high` not.
pub async fn read(
    mut rest: Rest,
    store: &EventStore,
    (low, high): (&Position, &Position),
    now: Timestamp,
) -> Result<Batch, StoreError> {
    let value = |text: &str| AttributeValue::S(text.to_owned());
    let page = store
        .client
        .query()
        .table_name(&store.table)
        .index_name(rest.index)
        .key_condition_expression("#pk = :pk AND gsi1sk BETWEEN :low AND :high")
        .expression_attribute_names("#pk", rest.partition)
        .expression_attribute_values(":pk", value(&rest.pk))
        .expression_attribute_values(":low", value(low.as_str()))
        .expression_attribute_values(":high", value(high.as_str()))
        .scan_index_forward(false)
        .limit(rest.page_size)
        .set_exclusive_start_key(rest.start.take())
        .send()
        .await
        .map_err(|error| StoreError::request("Query", &error))?;
    let mut batch = Batch { entries: Vec::new(), unreadable: 0, high: high.clone(), rest: None };
    for item in page.items().iter().filter(|item| !item::is_expired(item, now)) {
        let Some(entry) = or_left_out(entry(item), &mut batch.unreadable) else { continue };
        // BETWEEN includes the entry that the page before ended with.
        if entry.0 < *high {
            batch.entries.push(entry);
        }
    }
    let last = page.items().last().and_then(|item| item::key(item, keys::LOG_SK).ok());
    batch.high = last.map_or_else(|| high.clone(), |last| Position(last.to_owned()));
    if page.last_evaluated_key.is_some() {
        let page_size = (rest.page_size * 4).min(LARGEST_PAGE);
        batch.rest =
            Some(super::Rest::Index(Rest { start: page.last_evaluated_key, page_size, ..rest }));
    }
    Ok(batch)
}

fn entry(item: &Item) -> Result<(Position, LogEntry), StoreError> {
    let position = Position(item::key(item, keys::LOG_SK)?.to_owned());
    Ok((position, item::entry_of(item)?))
}
