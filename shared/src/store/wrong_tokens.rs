//! Wrong tokens of the operations API: counted and kept as refused webhooks are, in partitions of their
//! own, so that no list or roll-up of the log takes them for webhooks.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};

use super::{EventStore, Retention, StoreError, item, keys};
use crate::log::{Rejections, TimeRange};

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
        let Some(range) = TimeRange::new(now - LOOKED_BACK, now) else { return Ok(0) };
        let mut count = 0;
        self.each_wrong_token(range, now, |tokens| {
            count += tokens.total();
            true
        })
        .await?;
        Ok(count)
    }

    /// Wrong tokens from one minute to another, the newest day first: of so many instances' minutes at
    /// most, and whether that is all. An item that cannot be read does not count.
    pub async fn wrong_tokens_of(
        &self,
        range: TimeRange,
        now: Timestamp,
        most: usize,
    ) -> Result<(Vec<Rejections>, bool), StoreError> {
        let (mut found, mut is_all) = (Vec::new(), true);
        self.each_wrong_token(range, now, |tokens| {
            is_all = found.len() < most;
            if is_all {
                found.push(tokens);
            }
            is_all
        })
        .await?;
        Ok((found, is_all))
    }

    /// Hands over the wrong tokens of each instance's minute, for as long as they are taken. One query
    /// a day.
    async fn each_wrong_token(
        &self,
        range: TimeRange,
        now: Timestamp,
        mut take: impl FnMut(Rejections) -> bool,
    ) -> Result<(), StoreError> {
        let last_instant = range.to() - SignedDuration::from_micros(1);
        let first_day = keys::day_of(range.from());
        let mut day = Some(keys::day_of(last_instant)).filter(|day| *day >= first_day);
        while let Some(today) = day {
            let (first, last) =
                keys::rejections_sk_bounds(today, range.from(), (last_instant, None));
            let mut start = None;
            loop {
                let page = self
                    .client
                    .query()
                    .table_name(&self.table)
                    .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :last")
                    .expression_attribute_values(
                        ":pk",
                        AttributeValue::S(keys::wrong_tokens_pk(today)),
                    )
                    .expression_attribute_values(":first", AttributeValue::S(first.clone()))
                    .expression_attribute_values(":last", AttributeValue::S(last.clone()))
                    .set_exclusive_start_key(start)
                    .send()
                    .await
                    .map_err(|error| StoreError::request("Query", &error))?;
                let live = page.items().iter().filter(|item| !item::is_expired(item, now));
                for tokens in live.filter_map(|item| item::rejections_of(item).ok()) {
                    if !take(tokens) {
                        return Ok(());
                    }
                }
                start = page.last_evaluated_key;
                if start.is_none() {
                    break;
                }
            }
            day = today.yesterday().ok().filter(|day| *day >= first_day);
        }
        Ok(())
    }
}
