//! Logging what became of an event.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};

use super::write::{condition_failed, stored_instead};
use super::{EventStore, Retention, StoreError, item};
use crate::log::{Outcome, OutcomeParticulars};

/// What became of an outcome that was to be logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PutOutcome {
    /// It is in the log now.
    Stored,
    /// The very same entry was in the log before.
    AlreadyStored,
    /// Another entry has its key.
    Conflict,
}

impl EventStore {
    /// Logs an outcome, unless its key is taken: by the same content, which makes this a repeated
    /// call, or by other content. One round trip.
    pub async fn put_outcome(
        &self,
        outcome: &Outcome,
        particulars: &OutcomeParticulars,
        content_hash: &[u8],
        retention: Retention,
    ) -> Result<PutOutcome, StoreError> {
        let indexed = self.entity_index.complete_since().is_some();
        let days = retention.days_of_outcome();
        let ours = item::outcome_item(outcome, particulars, content_hash, indexed, days)?;
        let now = outcome.logged_at.as_second().to_string();
        let put = self
            .put()
            .set_item(Some(ours.clone()))
            .condition_expression("attribute_not_exists(pk) OR expires_at < :now")
            .expression_attribute_values(":now", AttributeValue::N(now))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match put.send().await {
            Ok(_) => Ok(PutOutcome::Stored),
            Err(error) if condition_failed(&error) => Ok(match stored_instead(&error) {
                Some(stored) if !item::is_same_content(stored, &ours) => PutOutcome::Conflict,
                Some(stored) if item::is_same_entry(stored, &ours) => PutOutcome::Stored,
                Some(_) => PutOutcome::AlreadyStored,
                None => PutOutcome::Conflict,
            }),
            Err(error) => Err(StoreError::request("PutItem", &error)),
        }
    }
}
