//! Wrong tokens of the operations API: counted and kept as refused webhooks are, in partitions of their
//! own, so that no list or roll-up of the log takes them for webhooks.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};

use super::{EventStore, Retention, StoreError, item, keys};
use crate::log::Rejections;

/// How far back they are counted: what a run judges.
const LOOKED_BACK: SignedDuration = SignedDuration::from_mins(5);

impl EventStore {
    /// Puts an instance's wrong tokens of a minute, as [`put_rejections`](Self::put_rejections) does.
    pub async fn put_wrong_tokens(
        &self,
        rejections: &Rejections,
        retention: Retention,
    ) -> Result<(), StoreError> {
        let pk = keys::wrong_tokens_pk(keys::day_of(rejections.minute));
        self.put_counts(pk, rejections, retention).await
    }

    /// Wrong tokens of the last 5 minutes, the minute in which they began included. One query, two
    /// around midnight; an item that cannot be read does not count.
    pub async fn wrong_tokens(&self, now: Timestamp) -> Result<u64, StoreError> {
        let from = now - LOOKED_BACK;
        let mut days = vec![keys::day_of(now)];
        if keys::day_of(from) != keys::day_of(now) {
            days.push(keys::day_of(from));
        }
        let mut count = 0;
        for day in days {
            let (first, last) = keys::rejections_sk_bounds(day, from, (now, None));
            let mut start = None;
            loop {
                let page = self
                    .client
                    .query()
                    .table_name(&self.table)
                    .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :last")
                    .expression_attribute_values(
                        ":pk",
                        AttributeValue::S(keys::wrong_tokens_pk(day)),
                    )
                    .expression_attribute_values(":first", AttributeValue::S(first.clone()))
                    .expression_attribute_values(":last", AttributeValue::S(last.clone()))
                    .set_exclusive_start_key(start)
                    .send()
                    .await
                    .map_err(|error| StoreError::request("Query", &error))?;
                let items = page.items().iter().filter_map(|item| item::rejections_of(item).ok());
                count += items.map(|rejections| rejections.total()).sum::<u64>();
                start = page.last_evaluated_key;
                if start.is_none() {
                    break;
                }
            }
        }
        Ok(count)
    }
}
