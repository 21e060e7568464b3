//! Events of a shop: forty types, few of them frequent, twelve addresses, thirty messages of failures, and
//! somebody who forges. A platform has connected accounts beside its own.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use shared::log::{
    Category, Cause, Entity, Failure, Level, LogEntry, Outcome, ProcessingResult, Rejection,
};
use tests::log::{delivery, outcome};

use crate::fill::lognormal;

/// Refused requests beside so many events.
const EVENTS_A_REFUSAL: u64 = 200;
/// An outcome of so many fails.
const FAILED: usize = 30;

/// What is to come.
#[derive(Clone, Copy)]
pub struct Traffic {
    /// In each 30 days.
    pub events: u64,
    /// Connected accounts; each has a tenth of the events.
    pub accounts: usize,
}

/// So many events, evenly from a time on, each with its outcome; and who is refused meanwhile.
pub fn entries(
    from: Timestamp,
    length: SignedDuration,
    events: u64,
    accounts: usize,
) -> Vec<LogEntry> {
    let mut entries = Vec::new();
    for n in 0..events {
        let micros = length.as_micros() * i128::from(n) / i128::from(events.max(1));
        let at = from + SignedDuration::from_micros(i64::try_from(micros).unwrap());
        entries.extend(event(n, at, accounts));
        if n % EVENTS_A_REFUSAL == 0 {
            entries.push(refusal(at));
        }
    }
    entries
}

fn event(n: u64, at: Timestamp, accounts: usize) -> [LogEntry; 2] {
    // The square of a chance: the first tenth of the types are a third of the events.
    let kind = (fastrand::f64().powi(2) * 40.0) as usize;
    let event_type = format!("object_{}.event_{kind:02}", kind % 12);
    let object = format!("object_{}", kind % 12);
    let entity = Some(Entity { entity_type: object, id: Some(format!("obj_{:016x}", n)) });
    let which = fastrand::usize(..10);
    let account = (which < accounts).then(|| format!("acct_{which}"));
    let (livemode, version) = (Some(fastrand::u8(..20) > 0), Some("2026-10-28.endive".to_owned()));
    let id = format!("evt_{:016x}", fastrand::u64(..));
    let mut first = delivery(&id, at);
    first.event.event_type = Some(event_type.clone());
    first.event.created = Some(at - SignedDuration::from_micros(lognormal(900_000.0)));
    first.event.livemode = livemode;
    first.event.entity = entity.clone();
    first.event.account = account.clone();
    first.event.api_version = version.clone();
    first.request.source_ip = Some(format!("3.18.12.{}", 60 + fastrand::u8(..12)));
    let said = Outcome {
        event_type,
        livemode,
        account,
        entity,
        api_version: version,
        processing_time: Duration::from_micros(lognormal(180_000.0).unsigned_abs()),
        ..outcome(&id, at)
    };
    let said = if fastrand::usize(..FAILED) == 0 { failed(said, n, kind) } else { said };
    [LogEntry::Delivery(Box::new(first)), LogEntry::Outcome(Box::new(said))]
}

fn failed(outcome: Outcome, n: u64, kind: usize) -> Outcome {
    const WHAT: [&str; 6] = ["orders", "customers", "stock", "ledger", "mail", "tax"];
    let message = match kind % 5 {
        0 => format!("no row for job {n} in {}", WHAT[n as usize % 6]),
        1 => format!("connection to {} refused after {} ms", WHAT[n as usize % 6], n % 900),
        2 => format!("{} answered 503 to request {n:08x}", WHAT[n as usize % 6]),
        3 => format!("timeout of 30 s in {}", WHAT[n as usize % 6]),
        _ => format!("'{n}' is no price of {}", WHAT[n as usize % 6]),
    };
    let failure = Failure {
        message: Some(message),
        error_type: Some(["timeout", "database_error", "validation"][kind % 3].to_owned()),
        error_code: Some(format!("E{}", kind % 7)),
        is_last_attempt: false,
    };
    Outcome {
        result: ProcessingResult::Failed(failure),
        retry_attempts: 2,
        level: Level::Error,
        category: Category::Error,
        ..outcome
    }
}

fn refusal(at: Timestamp) -> LogEntry {
    LogEntry::Rejection(Rejection {
        minute: at,
        instance: "one".to_owned(),
        source_ip: Some(format!("203.0.113.{}", fastrand::u8(..50))),
        cause: [Cause::SignatureMismatch, Cause::MissingSignature][fastrand::usize(..2)],
        refused_genuine: false,
        diagnosis: None,
        skew_seconds: None,
        count: 1 + fastrand::u64(..5),
    })
}
