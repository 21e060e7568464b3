//! What fuzz targets call: readers of items, which are private otherwise.

use super::item::{self, Item};
use super::payload;

/// An item of the table, as JSON.
pub fn item(json: &[u8]) {
    let Ok(value) = serde_json::from_slice::<serde_json::Value>(json) else { return };
    let Ok(item) = serde_dynamo::to_item::<_, Item>(value) else { return };
    drop(item::entries_of(item.clone()));
    drop(item::delivery_and_payload_of(&item));
    drop(item::outcome_and_particulars_of(&item));
    drop(item::rollup_of(&item));
    drop(item::bucket_of(&item));
    drop(payload::decode(json, 1_000));
}
