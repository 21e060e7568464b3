//! The plain count: a list of what was logged, gone through from the beginning for every question.
//! Shares nothing with the roll-ups but the meaning of a message's fold.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use shared::log::{Cause, Delivery, Outcome, Verdict};
use shared::metrics::Filter;
use shared::statistics::fold_message;

/// Everything that is in the log.
#[derive(Default)]
pub struct Entries {
    pub deliveries: Vec<Delivery>,
    pub outcomes: Vec<Outcome>,
    /// Minute, instance, source, cause, genuine -> requests.
    pub refused: BTreeMap<(Timestamp, u8, Option<String>, Cause, bool), u64>,
}

/// What a plain count comes to.
#[derive(Debug, Default, PartialEq)]
pub struct Counted {
    pub received: u64,
    pub quarantined: u64,
    pub late_deliveries: u64,
    pub duplicates: u64,
    pub other_endpoint: u64,
    pub delivery_peak: u64,
    pub lags: Vec<u64>,
    pub succeeded: u64,
    pub failed: u64,
    pub retries: u64,
    pub late_outcomes: u64,
    pub outcome_peak: u64,
    pub times: Vec<u64>,
    pub error_types: BTreeMap<String, u64>,
    pub messages: BTreeMap<String, u64>,
    pub rejected: u64,
    pub refused_genuine: u64,
}

/// What an entry can be grouped by: status, type, entity, category, level, mode, version, account.
pub type Group = (
    &'static str,
    Option<String>,
    Option<String>,
    String,
    String,
    Option<bool>,
    Option<String>,
    Option<String>,
);

fn status(delivery: &Delivery) -> &'static str {
    match (delivery.verdict, delivery.quarantine.is_some()) {
        (Verdict::Accepted, false) => "received",
        (Verdict::Accepted, true) => "quarantined",
        (Verdict::Duplicate, _) => "duplicate",
        (Verdict::OtherEndpoint, _) => "other_endpoint",
    }
}

impl Entries {
    /// When the first entry was logged.
    pub fn first(&self) -> Option<Timestamp> {
        let deliveries = self.deliveries.iter().map(|delivery| delivery.received_at);
        let outcomes = self.outcomes.iter().map(|outcome| outcome.logged_at);
        let refused = self.refused.keys().map(|(minute, ..)| *minute);
        deliveries.chain(outcomes).chain(refused).min()
    }

    /// Counts what a filter means of `from <= logged < to`.
    pub fn count(&self, from: Timestamp, to: Timestamp, filter: &Filter) -> Counted {
        let within = |at: Timestamp| from <= at && at < to;
        let is_meant = |kind: Option<&str>, mode: Option<bool>, account: Option<&str>| {
            filter.event_type.as_deref().is_none_or(|wanted| kind == Some(wanted))
                && filter.livemode.is_none_or(|wanted| mode == Some(wanted))
                && filter.account.as_deref().is_none_or(|wanted| account == Some(wanted))
        };
        let mut counted = Counted::default();
        let mut minutes: BTreeMap<i64, u64> = BTreeMap::new();
        for delivery in self.deliveries.iter().filter(|delivery| within(delivery.received_at)) {
            let event = &delivery.event;
            if !is_meant(event.event_type.as_deref(), event.livemode, event.account.as_deref()) {
                continue;
            }
            match delivery.verdict {
                Verdict::Duplicate => counted.duplicates += 1,
                Verdict::OtherEndpoint => counted.other_endpoint += 1,
                Verdict::Accepted => {
                    counted.received += 1;
                    counted.quarantined += u64::from(delivery.quarantine.is_some());
                    *minutes.entry(delivery.received_at.as_second() / 60).or_default() += 1;
                    if let Some(created) = event.created {
                        let lag = delivery.received_at.duration_since(created);
                        counted.late_deliveries += u64::from(lag > SignedDuration::from_secs(60));
                        counted.lags.push(u64::try_from(lag.as_micros()).unwrap_or(0));
                    }
                }
            }
        }
        counted.delivery_peak = minutes.values().copied().max().unwrap_or(0);
        minutes.clear();
        for outcome in self.outcomes.iter().filter(|outcome| within(outcome.logged_at)) {
            let account = outcome.account.as_deref();
            if !is_meant(Some(&outcome.event_type), outcome.livemode, account) {
                continue;
            }
            *minutes.entry(outcome.logged_at.as_second() / 60).or_default() += 1;
            let off = outcome.logged_at.duration_since(outcome.ended_at).abs();
            counted.late_outcomes += u64::from(off > SignedDuration::from_secs(60));
            counted.retries += u64::from(outcome.retry_attempts);
            counted.times.push(u64::try_from(outcome.processing_time.as_micros()).unwrap());
            match outcome.failure() {
                None => counted.succeeded += 1,
                Some(failure) => {
                    counted.failed += 1;
                    let unknown = || "unknown".to_owned();
                    let kind = failure.error_type.clone().unwrap_or_else(unknown);
                    *counted.error_types.entry(kind).or_default() += 1;
                    let message = failure.message.as_deref().map_or_else(unknown, fold_message);
                    *counted.messages.entry(message).or_default() += 1;
                }
            }
        }
        counted.outcome_peak = minutes.values().copied().max().unwrap_or(0);
        for ((minute, _, _, _, genuine), count) in &self.refused {
            if within(*minute) {
                counted.rejected += count;
                counted.refused_genuine += if *genuine { *count } else { 0 };
            }
        }
        counted.lags.sort_unstable();
        counted.times.sort_unstable();
        counted
    }

    /// Counts by everything that entries can be grouped by.
    pub fn groups(&self, from: Timestamp, to: Timestamp) -> BTreeMap<Group, u64> {
        let within = |at: Timestamp| from <= at && at < to;
        let mut groups = BTreeMap::new();
        for delivery in self.deliveries.iter().filter(|delivery| within(delivery.received_at)) {
            let event = &delivery.event;
            let group = (
                status(delivery),
                event.event_type.clone(),
                event.entity.as_ref().map(|entity| entity.entity_type.clone()),
                delivery.category().to_string(),
                delivery.level().to_string(),
                event.livemode,
                event.api_version.clone(),
                event.account.clone(),
            );
            *groups.entry(group).or_default() += 1;
        }
        for outcome in self.outcomes.iter().filter(|outcome| within(outcome.logged_at)) {
            let group = (
                if outcome.failure().is_some() { "failed" } else { "succeeded" },
                Some(outcome.event_type.clone()),
                outcome.entity.as_ref().map(|entity| entity.entity_type.clone()),
                outcome.category.to_string(),
                outcome.level.to_string(),
                outcome.livemode,
                outcome.api_version.clone(),
                outcome.account.clone(),
            );
            *groups.entry(group).or_default() += 1;
        }
        groups
    }

    /// Refused requests and deliveries by address.
    pub fn sources(&self, from: Timestamp, to: Timestamp) -> BTreeMap<(bool, String), u64> {
        let within = |at: Timestamp| from <= at && at < to;
        let mut sources = BTreeMap::new();
        for delivery in self.deliveries.iter().filter(|delivery| within(delivery.received_at)) {
            if let Some(address) = &delivery.request.source_ip {
                *sources.entry((false, address.clone())).or_default() += 1;
            }
        }
        for ((minute, _, source, _, _), count) in &self.refused {
            if let Some(address) = source.as_ref().filter(|_| within(*minute)) {
                *sources.entry((true, address.clone())).or_default() += count;
            }
        }
        sources
    }
}
