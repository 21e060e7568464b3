//! Twenty-eight invented days: the same at every run.

use std::time::Duration;

use fastrand::Rng;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use jiff::{SignedDuration, Timestamp};
use local::invented;
use local::system::System;
use shared::config::Vars;
use shared::log::{
    Delivery, EventFacts, EventId, Failure, Outcome, OutcomeParticulars, ProcessingResult,
    Rejections, Verdict,
};
use shared::store::{EntityIndex, EventStore, Retention, StoredPayload};

use super::ledger::{Ledger, Sent, Told};
use super::question::Facts;
use super::{DemoError, bar};

const SEED: u64 = 20_261_123;
/// Events of an average day.
const A_DAY: f64 = 400.0;
/// Entries on their way at a time.
const AT_ONCE: usize = 16;
const TYPES: [&str; 8] = [
    "invoice.paid",
    "charge.succeeded",
    "charge.failed",
    "customer.created",
    "customer.subscription.updated",
    "payment_intent.succeeded",
    "checkout.session.completed",
    "account.updated",
];
pub(super) const ERRORS: [&str; 3] = ["database_error", "timeout", "validation_error"];

/// An entry to be logged.
enum Entry {
    Delivery(Box<Delivery>),
    Outcome(Box<Outcome>),
    Rejections(Rejections),
}

/// Invents the history and logs it.
pub(super) async fn log(
    system: &System,
    begin: Timestamp,
    end: Timestamp,
) -> Result<Ledger, DemoError> {
    let (entries, ledger) = invent(begin, end);
    let client = local::table::client(system.dynamodb_endpoint());
    let store = &EventStore::new(client, system.table().to_owned(), EntityIndex::OFF);
    let retention = Retention::from_vars(&Vars::new(&|_| None))?;
    let (count, bar) = (entries.len(), bar(entries.len(), "logging"));
    let puts = entries.into_iter().map(|entry| async { put(store, entry, retention).await });
    stream::iter(puts)
        .buffer_unordered(AT_ONCE)
        .try_for_each(|()| {
            bar.inc(1);
            std::future::ready(Ok(()))
        })
        .await?;
    bar.finish_and_clear();
    println!("logged {count} entries of 28 days");
    Ok(ledger)
}

async fn put(store: &EventStore, entry: Entry, retention: Retention) -> Result<(), DemoError> {
    match entry {
        Entry::Delivery(delivery) if delivery.verdict == Verdict::Accepted => {
            store.put_delivery(&delivery, StoredPayload::NotKept, retention).await.map(drop)?;
        }
        Entry::Delivery(delivery) => store.put_repetition(&delivery, retention).await?,
        Entry::Outcome(outcome) => {
            let rest = OutcomeParticulars::default();
            store.put_outcome(&outcome, &rest, b"demo", retention).await.map(drop)?;
        }
        Entry::Rejections(rejections) => store.put_rejections(&rejections, retention).await?,
    }
    Ok(())
}

fn invent(begin: Timestamp, end: Timestamp) -> (Vec<Entry>, Ledger) {
    let mut rng = Rng::with_seed(SEED);
    let (mut entries, mut ledger) = (Vec::new(), Ledger::default());
    let mut at = begin;
    for number in 0.. {
        // Busy at noon, quiet at night.
        let hour = (at.as_second().rem_euclid(86_400)) as f64 / 3_600.0;
        let rate = A_DAY / 86_400.0 * (1.0 - 0.8 * (hour / 24.0 * std::f64::consts::TAU).cos());
        let gap = -(1.0 - rng.f64()).ln() / rate;
        at += SignedDuration::from_micros((gap * 1e6) as i64);
        // Its outcomes are to be within the history too.
        if at + SignedDuration::from_mins(2) >= end {
            break;
        }
        let mut event = Invented { rng: &mut rng, number, at };
        event.add_to(&mut entries, &mut ledger);
        if number % 90 == 0 {
            entries.push(refusals(at, number, &mut ledger));
        }
    }
    (entries, ledger)
}

struct Invented<'a> {
    rng: &'a mut Rng,
    number: u32,
    at: Timestamp,
}

impl Invented<'_> {
    fn add_to(&mut self, entries: &mut Vec<Entry>, ledger: &mut Ledger) {
        let facts = Facts {
            event_type: self.rng.choice(TYPES).map(str::to_owned),
            livemode: Some(self.rng.f64() < 0.85),
            account: (self.rng.f64() < 0.5).then(|| format!("acct_{}", self.rng.u8(1..4))),
        };
        let late = self.rng.f64() < 0.01;
        let lag = if late { self.rng.i64(61_000..1_800_000) } else { self.rng.i64(200..5_000) };
        let mut copies = vec![(self.at, Verdict::Accepted)];
        if self.rng.f64() < 0.01 {
            copies.push((self.at + SignedDuration::from_secs(20), Verdict::Duplicate));
        }
        for (at, verdict) in copies {
            let created = Timestamp::from_millisecond(self.at.as_millisecond() - lag).ok();
            entries.push(self.delivery(at, verdict, created, &facts));
            let late = verdict == Verdict::Accepted
                && self.at.as_microsecond() / 1_000 * 1_000 > 0
                && created.is_some_and(|c| self.at.duration_since(c) > Delivery::LATE_AFTER);
            ledger.deliveries.push(Sent {
                at: Some(at),
                facts: facts.clone(),
                duplicate: verdict == Verdict::Duplicate,
                late,
                quarantined: false,
            });
        }
        let failures = if self.rng.f64() < 0.03 { self.rng.u32(1..3) } else { 0 };
        for attempt in 0..=failures {
            let micros = (180_000.0 * (self.rng.f64() * 2.0 - 0.7).exp()) as u64;
            let at = self.at + SignedDuration::from_secs(1 + 30 * i64::from(attempt));
            let error = (attempt < failures).then(|| self.rng.choice(ERRORS)).flatten();
            entries.push(self.outcome(at, attempt, error, micros, &facts));
            let facts = facts.clone();
            ledger.outcomes.push(Told { at: Some(at), facts, error, micros, retries: attempt });
        }
    }

    fn id(&self) -> EventId {
        EventId::of_quarantined(format!("demo {}", self.number).as_bytes())
    }

    fn delivery(
        &self,
        at: Timestamp,
        verdict: Verdict,
        created: Option<Timestamp>,
        facts: &Facts,
    ) -> Entry {
        Entry::Delivery(Box::new(Delivery {
            verdict,
            event: EventFacts {
                event_type: facts.event_type.clone(),
                created,
                livemode: facts.livemode,
                account: facts.account.clone(),
                ..EventFacts::default()
            },
            previous_store_time: Some(Duration::from_millis(4)),
            ..invented::delivery(self.id(), format!("demo-{}", self.number), at)
        }))
    }

    fn outcome(
        &self,
        at: Timestamp,
        attempt: u32,
        error: Option<&'static str>,
        micros: u64,
        facts: &Facts,
    ) -> Entry {
        let event_type = facts.event_type.clone().unwrap_or_default();
        let processing_time = Duration::from_micros(micros);
        let result = match error {
            None => ProcessingResult::Succeeded,
            Some(kind) => ProcessingResult::Failed(Failure {
                message: Some(format!("{kind} in job {}", self.number)),
                error_type: Some(kind.to_owned()),
                ..Failure::default()
            }),
        };
        let (event, request_id) = ((self.id(), event_type), format!("attempt-{attempt}"));
        Entry::Outcome(Box::new(Outcome {
            retry_attempts: attempt,
            livemode: facts.livemode,
            account: facts.account.clone(),
            ..invented::outcome(event, request_id, at, result, processing_time)
        }))
    }
}

/// Forged requests of one minute.
fn refusals(at: Timestamp, number: u32, ledger: &mut Ledger) -> Entry {
    let count = u64::from(number % 7 + 1);
    ledger.rejected += count;
    Entry::Rejections(invented::forged(at, format!("demo-{number}"), count))
}
