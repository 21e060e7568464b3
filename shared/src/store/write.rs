//! Writes: one conditional put for a delivery, plain puts for what is unique by its key.

use std::time::Duration;

use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};

use jiff::Timestamp;
use tokio::time::timeout;

use super::item::{self, Item};
use super::{EventStore, StoreError, StoredPayload, keys};
use crate::config::{ConfigError, Vars};
use crate::log::{Delivery, Rejections, Verdict};
use crate::rollup::{self, Grain};

const PUT: &str = "PutItem";

/// How long entries are kept, in days; each a day longer in the table, so that a day's report can
/// still read all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    log: u32,
    metrics: u32,
    audit: u32,
}

impl Retention {
    /// Days that roll-ups are kept where nothing else is set.
    pub const METRICS_DAYS: u32 = 90;
    /// Days that the audit trail, and refused requests with it, are kept where nothing else is set.
    pub const AUDIT_DAYS: u32 = 365;

    /// Stripe resends an event for 30 days: its first delivery must outlive that to be recognised.
    const FIRST_DELIVERY_DAYS: u32 = 33;

    /// Reads `WEBHOOK_LOG_RETENTION_DAYS` (30), `WEBHOOK_METRICS_RETENTION_DAYS` (90) and
    /// `WEBHOOK_AUDIT_RETENTION_DAYS` (365).
    pub fn from_vars(vars: &Vars<'_>) -> Result<Self, ConfigError> {
        Ok(Self {
            log: vars.days("WEBHOOK_LOG_RETENTION_DAYS", 30)?,
            metrics: vars.days("WEBHOOK_METRICS_RETENTION_DAYS", Self::METRICS_DAYS)?,
            audit: vars.days("WEBHOOK_AUDIT_RETENTION_DAYS", Self::AUDIT_DAYS)?,
        })
    }

    /// From when on the log still has every entry.
    pub fn log_since(self, now: Timestamp) -> Timestamp {
        rollup::log_since(now, self.log)
    }

    /// From when on roll-ups by the hour and by the day are still there.
    pub fn rollups_since(self, now: Timestamp) -> Timestamp {
        rollup::log_since(now, self.metrics.max(self.log))
    }

    /// Windows are of use as long as the log is; hours and days stay.
    pub(super) fn days_of_rollup(self, grain: Grain) -> u32 {
        match grain {
            Grain::Window => self.log + 1,
            Grain::Hour | Grain::Day => self.metrics.max(self.log) + 1,
        }
    }

    pub(super) fn days_of_metrics(self) -> u32 {
        self.metrics
    }

    /// Refusals are of the log, and of the audit trail.
    fn days_of_rejections(self) -> u32 {
        self.audit.max(self.log) + 1
    }

    pub(super) fn days_of_audit(self) -> u32 {
        self.audit
    }

    pub(super) fn days_of_outcome(self) -> u32 {
        self.log + 1
    }

    fn days_of(self, verdict: Verdict) -> u32 {
        match verdict {
            Verdict::Accepted => (self.log + 1).max(Self::FIRST_DELIVERY_DAYS),
            Verdict::Duplicate | Verdict::OtherEndpoint => self.log + 1,
        }
    }
}

impl EventStore {
    /// Opens the connection and makes everything ready for [`put_delivery`](Self::put_delivery)
    /// with a put whose condition never holds: it writes nothing and costs one write unit. Gives up
    /// after `limit`.
    pub async fn warm_for_writing(&self, limit: Duration) -> Result<(), StoreError> {
        let key = || AttributeValue::S("WARM".to_owned());
        let put = self
            .put()
            .item("pk", key())
            .item("sk", key())
            .condition_expression("attribute_exists(pk)");
        match timeout(limit, put.send()).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) if condition_failed(&error) => Ok(()),
            Ok(Err(error)) => Err(StoreError::request(PUT, &error)),
            Err(overdue) => Err(StoreError::request(PUT, &overdue)),
        }
    }

    /// Logs the first delivery of an event, or tells what it is instead. One round trip.
    ///
    /// The item is put on the condition that the event has none; when it has one, the answer brings
    /// it along: the very same delivery (the SDK repeated a put that had succeeded) is `Accepted`,
    /// one under another secret makes this `OtherEndpoint`, any other a `Duplicate`. Those two are
    /// not yet logged: see [`put_repetition`](Self::put_repetition).
    pub async fn put_delivery(
        &self,
        delivery: &Delivery,
        payload: StoredPayload,
        retention: Retention,
    ) -> Result<Verdict, StoreError> {
        let item = self.item_of(delivery, Some(payload), retention)?;
        let now = delivery.received_at.as_second().to_string();
        let put = self
            .put()
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk) OR expires_at < :now")
            .expression_attribute_values(":now", AttributeValue::N(now))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match put.send().await {
            Ok(_) => Ok(Verdict::Accepted),
            Err(error) if condition_failed(&error) => Ok(verdict(stored_instead(&error), delivery)),
            Err(error) => Err(StoreError::request(PUT, &error)),
        }
    }

    /// Logs a delivery that is not its event's first.
    pub async fn put_repetition(
        &self,
        delivery: &Delivery,
        retention: Retention,
    ) -> Result<(), StoreError> {
        let item = self.item_of(delivery, None, retention)?;
        let put = self.put().set_item(Some(item)).send().await;
        put.map(drop).map_err(|error| StoreError::request(PUT, &error))
    }

    /// Puts what an instance refused in a minute over what it had put for that minute before, unless
    /// that was more: an older put may arrive late. One attempt of at most a second: refusing must
    /// stay cheap, and the next put carries everything.
    pub async fn put_rejections(
        &self,
        rejections: &Rejections,
        retention: Retention,
    ) -> Result<(), StoreError> {
        let pk = keys::rejections_pk(keys::day_of(rejections.minute));
        self.put_counts(pk, rejections, retention).await
    }

    pub(super) async fn put_counts(
        &self,
        pk: String,
        rejections: &Rejections,
        retention: Retention,
    ) -> Result<(), StoreError> {
        let second = TimeoutConfig::builder().operation_timeout(Duration::from_secs(1)).build();
        let once = aws_sdk_dynamodb::config::Config::builder()
            .retry_config(RetryConfig::disabled())
            .timeout_config(second);
        let item = item::rejections_item(pk, rejections, retention.days_of_rejections())?;
        let put = self
            .put()
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk) OR n < :n")
            .expression_attribute_values(":n", AttributeValue::N(rejections.total().to_string()));
        match put.customize().config_override(once).send().await {
            Ok(_) => Ok(()),
            Err(error) if condition_failed(&error) => Ok(()),
            Err(error) => Err(StoreError::request(PUT, &error)),
        }
    }

    fn item_of(
        &self,
        delivery: &Delivery,
        payload: Option<StoredPayload>,
        retention: Retention,
    ) -> Result<Item, StoreError> {
        let indexed = self.entity_index.complete_since().is_some();
        item::delivery_item(delivery, payload, indexed, retention.days_of(delivery.verdict))
    }

    pub(super) fn put(&self) -> PutItemFluentBuilder {
        self.client.put_item().table_name(&self.table)
    }
}

/// The item that made the condition fail.
pub(super) fn stored_instead<R>(error: &SdkError<PutItemError, R>) -> Option<&Item> {
    match error.as_service_error()? {
        PutItemError::ConditionalCheckFailedException(failed) => failed.item(),
        _ => None,
    }
}

pub(super) fn condition_failed<R>(error: &SdkError<PutItemError, R>) -> bool {
    error.as_service_error().is_some_and(PutItemError::is_conditional_check_failed_exception)
}

/// What a delivery is whose event has an item already. In doubt a duplicate: the event is safe.
fn verdict(stored: Option<&Item>, ours: &Delivery) -> Verdict {
    match stored {
        Some(stored) if item::is_same_put(stored, ours) => Verdict::Accepted,
        Some(stored) if item::is_other_endpoint(stored, ours) => Verdict::OtherEndpoint,
        _ => Verdict::Duplicate,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_delivery_outlives_stripes_resends() {
        let short = Retention { log: 7, metrics: 90, audit: 365 };
        assert_eq!(short.days_of(Verdict::Accepted), 33);
        assert_eq!(short.days_of(Verdict::Duplicate), 8);
        assert_eq!(Retention { log: 90, metrics: 90, audit: 365 }.days_of(Verdict::Accepted), 91);
    }

    #[test]
    fn refusals_live_as_long_as_the_log_whatever_the_audit_trail_does() {
        for (log, audit, days) in [(30, 7, 31), (30, 365, 366)] {
            assert_eq!(Retention { log, metrics: 90, audit }.days_of_rejections(), days);
        }
    }
}
