//! Log entries into a rollup.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{CellKey, ErrorKey, Label, MinuteKey, RejectionKey, Rollup, SourceKey, Status};
use crate::log::{Delivery, Failure, Found, LogEntry, Outcome, Rejection, Verdict};
use crate::statistics::fold_message;

/// Cells beyond which no new account is told apart: what a fold may remember is bounded, whatever is
/// logged. Few windows have a hundredth of it.
const MOST_CELLS: usize = 20_000;
/// Errors and addresses beyond which new ones are counted as other.
const MOST_COUNTS: usize = 10_000;

impl Rollup {
    /// Adds what was found in the log.
    pub fn add_found(&mut self, found: &Found) {
        match found {
            Found::Entry(entry) => self.add(entry),
            Found::Unreadable { .. } => self.unreadable += 1,
        }
    }

    /// Adds an entry.
    pub fn add(&mut self, entry: &LogEntry) {
        match entry {
            LogEntry::Delivery(delivery) => self.add_delivery(delivery),
            LogEntry::Outcome(outcome) => self.add_outcome(outcome),
            LogEntry::Rejection(rejection) => self.add_rejection(rejection),
        }
    }

    fn add_delivery(&mut self, delivery: &Delivery) {
        let event = &delivery.event;
        let status = match (delivery.verdict, delivery.quarantine) {
            (Verdict::Accepted, None) => Status::Received,
            (Verdict::Accepted, Some(_)) => Status::Quarantined,
            (Verdict::Duplicate, _) => Status::Duplicate,
            (Verdict::OtherEndpoint, _) => Status::OtherEndpoint,
        };
        let key = self.with_room(CellKey {
            status,
            event_type: Label::of(event.event_type.as_deref()),
            entity_type: Label::of(event.entity.as_ref().map(|entity| entity.entity_type.as_str())),
            category: Label::of(Some(delivery.category().as_str())),
            level: Label::of(Some(delivery.level().as_str())),
            livemode: event.livemode,
            api_version: Label::of(event.api_version.as_deref()),
            account: Label::of(event.account.as_deref()),
        });
        if status.is_first_delivery() {
            self.add_minute(&key, delivery.received_at);
        }
        let measure = self.cells.entry(key).or_default();
        measure.count += 1;
        measure.late += u64::from(delivery.is_late());
        if let Some(lag) = delivery.lag().filter(|_| status.is_first_delivery()) {
            measure.add_time(micros(lag));
        }
        if let Some(took) = delivery.previous_store_time {
            self.store_time.add(whole_micros(took));
        }
        if let Some(address) = delivery.request.source_ip.as_deref() {
            let key = SourceKey { refused: false, address: address.into() };
            self.sources.add(key, 1, MOST_COUNTS);
        }
    }

    fn add_outcome(&mut self, outcome: &Outcome) {
        let status = match outcome.failure() {
            None => Status::Succeeded,
            Some(_) => Status::Failed,
        };
        let entity = outcome.entity.as_ref();
        let key = self.with_room(CellKey {
            status,
            event_type: Label::of(Some(&outcome.event_type)),
            entity_type: Label::of(entity.map(|entity| entity.entity_type.as_str())),
            category: Label::of(Some(outcome.category.as_str())),
            level: Label::of(Some(outcome.level.as_str())),
            livemode: outcome.livemode,
            api_version: Label::of(outcome.api_version.as_deref()),
            account: Label::of(outcome.account.as_deref()),
        });
        self.add_minute(&key, outcome.logged_at);
        if let Some(failure) = outcome.failure() {
            self.add_failure(&key, failure);
        }
        let measure = self.cells.entry(key).or_default();
        measure.count += 1;
        measure.retries = measure.retries.saturating_add(outcome.retry_attempts.into());
        measure.late += u64::from(outcome.is_late());
        measure.add_time(whole_micros(outcome.processing_time));
    }

    fn add_failure(&mut self, key: &CellKey, failure: &Failure) {
        let message = failure.message.as_deref().map(fold_message);
        let error = ErrorKey {
            error_type: Label::of(failure.error_type.as_deref()),
            error_code: Label::of(failure.error_code.as_deref()),
            message: Label::of(message.as_deref()),
            event_type: key.event_type.clone(),
            livemode: key.livemode,
            account: key.account.clone(),
        };
        self.errors.add(error, 1, MOST_COUNTS);
    }

    fn add_rejection(&mut self, rejection: &Rejection) {
        let Rejection { cause, refused_genuine, count, .. } = *rejection;
        *self.rejections.entry(RejectionKey { cause, refused_genuine }).or_default() += count;
        match rejection.source_ip.as_deref() {
            Some(address) => {
                let key = SourceKey { refused: true, address: address.into() };
                self.sources.add(key, count, MOST_COUNTS);
            }
            None => self.sources.add_other(count),
        }
    }

    fn add_minute(&mut self, key: &CellKey, at: Timestamp) {
        let minutes = self.minutes.entry(MinuteKey {
            of_outcomes: key.status.is_outcome(),
            event_type: key.event_type.clone(),
            livemode: key.livemode,
            account: key.account.clone(),
        });
        let minute = u64::try_from(at.as_second()).unwrap_or_default() / 60;
        minutes.or_default().add(minute, 1);
    }

    /// The key itself, or a coarser one where there is no room for another cell.
    fn with_room(&self, key: CellKey) -> CellKey {
        if self.cells.len() < MOST_CELLS || self.cells.contains_key(&key) {
            return key;
        }
        let coarser = CellKey { account: Label::Other, api_version: Label::Other, ..key };
        if self.cells.len() < 2 * MOST_CELLS || self.cells.contains_key(&coarser) {
            return coarser;
        }
        CellKey { event_type: Label::Other, entity_type: Label::Other, ..coarser }
    }
}

/// Microseconds of a lag; none where the clocks disagree.
fn micros(lag: SignedDuration) -> u64 {
    u64::try_from(lag.as_micros()).unwrap_or_default()
}

fn whole_micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
