//! Putting a rollup.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use super::DamagedRollup;
use crate::rollup::{Bucket, Rollup};
use crate::store::item;
use crate::store::keys::rollups::Detail;
use crate::store::write::condition_failed;
use crate::store::{EventStore, Retention, StoreError};

/// What became of a put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PutRollup {
    /// It is in the table.
    Written,
    /// There is one with more entries: the log only grows, so that one is better.
    KeptBetter,
}

impl EventStore {
    /// Puts the rollup of a bucket, for which the log was read at `read_at`: first the cells, then
    /// the totals, by which it is known to be there. Each is put unless one with more entries is
    /// there; what is `damaged` gives way.
    pub async fn put_rollup(
        &self,
        bucket: Bucket,
        rollup: &Rollup,
        read_at: Timestamp,
        retention: Retention,
        damaged: &[DamagedRollup],
    ) -> Result<PutRollup, StoreError> {
        let bounded = rollup.bounded(bucket.grain);
        let damaged = || damaged.iter().filter(|damaged| damaged.bucket == bucket);
        let mut outcome = PutRollup::Written;
        for (detail, rollup) in [(Detail::Cells, &bounded), (Detail::Totals, &bounded.totals())] {
            let days = retention.days_of_rollup(bucket.grain);
            let item = item::rollup_item(bucket, detail, rollup, read_at, days)?;
            let entries = rollup.entries().to_string();
            let mut condition =
                "attribute_not_exists(d) OR attribute_not_exists(n) OR n <= :n".to_owned();
            let mut put = self
                .put()
                .set_item(Some(item))
                .expression_attribute_values(":n", AttributeValue::N(entries));
            for (data, number) in damaged().filter_map(|damaged| damaged.data.clone()).zip(0..) {
                let name = format!(":damaged{number}");
                condition.push_str(&format!(" OR d = {name}"));
                put = put.expression_attribute_values(name, AttributeValue::B(data.into()));
            }
            outcome = match put.condition_expression(condition).send().await {
                Ok(_) => PutRollup::Written,
                Err(error) if condition_failed(&error) => PutRollup::KeptBetter,
                Err(error) => return Err(StoreError::request("PutItem", &error)),
            };
        }
        Ok(outcome)
    }
}
