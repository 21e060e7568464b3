//! What became of an event, from its entries.

use jiff::Timestamp;
use serde::Serialize;
use shared::log::{Delivery, Failure, Outcome};
use shared::store::StoredOutcome;

use crate::view::{self, FAILED, SUCCEEDED};

/// The guide's debugging members.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Processing {
    /// `succeeded` once any attempt did, else `failed` once any did; `received` or `quarantined` while
    /// nobody has told of one.
    pub processing_status: &'static str,
    /// Attempts that were told of, or that those told of say came before.
    pub processing_attempts: u32,
    /// Of the last failure, while no attempt has succeeded.
    pub error_message: Option<String>,
    /// When the first attempt began, by its caller's clock.
    pub processing_started_at: Option<Timestamp>,
    /// When the first success ended, by its caller's clock.
    pub processing_completed_at: Option<Timestamp>,
}

impl Processing {
    /// From the first delivery, if there was one, and the outcomes in the order in which they ended.
    pub fn of(first: Option<&Delivery>, outcomes: &[StoredOutcome]) -> Self {
        let outcomes = || outcomes.iter().map(|stored| (&stored.outcome, &stored.particulars));
        let success = outcomes().map(|(outcome, _)| outcome).find(|o| o.failure().is_none());
        let failure = outcomes().filter_map(|(o, rest)| Some((o.failure()?, rest))).next_back();
        let message = |(failure, rest): (&Failure, &shared::log::OutcomeParticulars)| {
            rest.message.clone().or_else(|| failure.message.clone())
        };
        let told = u32::try_from(outcomes().count()).unwrap_or(u32::MAX);
        let retried = outcomes().map(|(o, _)| o.retry_attempts.saturating_add(1)).max();
        Self {
            processing_status: match (success, failure, first) {
                (Some(_), _, _) => SUCCEEDED,
                (None, Some(_), _) => FAILED,
                (None, None, Some(delivery)) => view::event_status(delivery),
                (None, None, None) => view::RECEIVED,
            },
            processing_attempts: told.max(retried.unwrap_or_default()),
            error_message: failure.filter(|_| success.is_none()).and_then(message),
            processing_started_at: outcomes().map(|(outcome, _)| outcome.started_at()).min(),
            processing_completed_at: success.map(|outcome: &Outcome| outcome.ended_at),
        }
    }
}
