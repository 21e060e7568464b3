//! Rollup <-> item. The bytes are the rollup's own; beside them stands what conditions look at.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use super::{EXPIRES_AT, Item, epoch_seconds, key, number, text};
use crate::rollup::{Bucket, Rollup};
use crate::store::keys::rollups::{self, Detail};
use crate::store::{StoreError, keys};

/// The rollup's bytes.
const DATA: &str = "d";
/// Entries in it, refused requests each by itself.
const ENTRIES: &str = "n";
/// Entries in it but refused requests, of which one item of the log has any number.
pub const LOGGED: &str = "l";
/// When the log was read for it, in epoch seconds.
pub const READ_AT: &str = "r";

/// The item of a rollup, kept for `days` after its bucket.
pub fn rollup_item(
    bucket: Bucket,
    detail: Detail,
    rollup: &Rollup,
    read_at: Timestamp,
    days: u32,
) -> Result<Item, StoreError> {
    let (pk, sk) = (rollups::pk(bucket), rollups::sk(bucket, detail));
    let data = rollup.encode().ok_or_else(|| StoreError::corrupt(&format!("{pk}/{sk}"), DATA))?;
    Ok(Item::from([
        (keys::PK.to_owned(), text(pk)),
        (keys::SK.to_owned(), text(sk)),
        (ENTRIES.to_owned(), AttributeValue::N(rollup.entries().to_string())),
        (LOGGED.to_owned(), AttributeValue::N(rollup.logged().to_string())),
        (READ_AT.to_owned(), AttributeValue::N(read_at.as_second().to_string())),
        (DATA.to_owned(), AttributeValue::B(data.into())),
        (EXPIRES_AT.to_owned(), epoch_seconds(bucket.start, days)),
    ]))
}

/// The bucket of a rollup's item.
pub fn bucket_of(item: &Item) -> Result<Bucket, StoreError> {
    let (pk, sk) = (key(item, keys::PK)?, key(item, keys::SK)?);
    rollups::bucket_of(pk, sk).ok_or_else(|| StoreError::corrupt(&super::place(item), keys::SK))
}

/// Whether the log was read for a rollup after a time.
pub fn is_read_after(item: &Item, at: Timestamp) -> bool {
    number(item, READ_AT).is_some_and(|second| second > at.as_second())
}

/// Entries in a rollup's item but refused requests; `None` where an earlier version has put it.
pub fn logged_in(item: &Item) -> Option<u64> {
    u64::try_from(number(item, LOGGED)?).ok()
}

/// A rollup and when the log was read for it; `None` where the item is damaged.
pub fn rollup_of(item: &Item) -> Option<(Rollup, Timestamp)> {
    let read_at = Timestamp::from_second(number(item, READ_AT)?).ok()?;
    let rollup = Rollup::decode(&data_of(item)?).ok()?;
    let entries = u64::try_from(number(item, ENTRIES)?).ok()?;
    (rollup.entries() == entries).then_some((rollup, read_at))
}

/// The bytes of an item, whatever they are.
pub fn data_of(item: &Item) -> Option<Vec<u8>> {
    item.get(DATA)?.as_b().ok().map(|blob| blob.as_ref().to_vec())
}
