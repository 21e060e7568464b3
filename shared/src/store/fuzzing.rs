//! Readers of items, which are private otherwise.

use aws_sdk_dynamodb::types::AttributeValue;
use data_encoding::BASE64;

use super::item::{self, Item};
use super::payload;
use crate::rollup::Rollup;

/// Reads an item of the table, given as JSON, in every way that there is; whether it is one. A text that
/// begins with `base64:` is bytes.
pub fn read(json: &[u8]) -> bool {
    let Ok(value) = serde_json::from_slice::<serde_json::Value>(json) else { return false };
    let Ok(mut item) = serde_dynamo::to_item::<_, Item>(value) else { return false };
    for value in item.values_mut() {
        let text = value.as_s().ok().and_then(|text| text.strip_prefix("base64:"));
        if let Some(bytes) = text.and_then(|text| BASE64.decode(text.as_bytes()).ok()) {
            *value = AttributeValue::B(bytes.into());
        }
    }
    drop(payload::decode(json, 1_000));
    let read = [
        item::delivery_and_payload_of(&item).is_ok(),
        item::outcome_and_particulars_of(&item).is_ok(),
        item::rollup_of(&item).is_some(),
        item::bucket_of(&item).is_ok(),
    ];
    // Last, since it takes the lean fields out of the item.
    let entries = item::entries_of(&mut item);
    // What is read is added up, with itself as with others'.
    let mut rollup = Rollup::default();
    entries.iter().chain(&entries).flatten().for_each(|entry| rollup.add(entry));
    entries.is_ok() || read.contains(&true)
}
