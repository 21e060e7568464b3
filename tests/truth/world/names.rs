//! What the numbers of a history stand for.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use shared::log::{
    Category, Delivery, Entity, EventFacts, EventId, Failure, Level, Outcome, ProcessingResult,
    Quarantine, RequestFacts, SignatureFacts, Verdict,
};

use crate::history::{Deliver, Facts, Tell};

/// A first delivery that a call brings.
pub(super) fn delivery(event_id: EventId, call: u64, at: Timestamp, deliver: &Deliver) -> Delivery {
    let Facts { kind, livemode, account, version, entity } = &deliver.facts;
    Delivery {
        event_id,
        received_at: at,
        verdict: Verdict::Accepted,
        event: EventFacts {
            event_type: event_type(*kind).filter(|_| *kind > 0),
            created: deliver.lag.map(|lag| {
                let created = at - SignedDuration::from_secs(lag);
                Timestamp::from_millisecond(created.as_millisecond()).unwrap()
            }),
            livemode: *livemode,
            account: account_name(*account),
            api_version: Some(format!("v{version}")).filter(|_| *version > 0),
            entity: entity_of(*entity),
            ..EventFacts::default()
        },
        quarantine: deliver.quarantined.then_some(Quarantine::UnusableType),
        request: RequestFacts {
            request_id: format!("call-{call}"),
            source_ip: Some(format!("10.0.0.{version}")),
            user_agent: None,
            remarks: Default::default(),
        },
        signature: SignatureFacts {
            secret_name: format!("secret-{}", deliver.secret),
            skew_seconds: 0,
        },
        body_bytes: 0,
        verify_time: Duration::from_micros(40),
        previous_store_time: deliver.store_millis.map(Duration::from_millis),
    }
}

/// An outcome that is told.
pub(super) fn outcome(event_id: EventId, at: Timestamp, tell: &Tell) -> Outcome {
    let Facts { kind, livemode, account, version, entity } = &tell.facts;
    Outcome {
        event_id,
        request_id: format!("attempt-{}", tell.attempt),
        logged_at: at,
        ended_at: at - SignedDuration::from_secs(tell.told_after),
        result: tell.failure.map_or(ProcessingResult::Succeeded, failure),
        processing_time: Duration::from_micros(tell.micros),
        retry_attempts: tell.retries,
        event_type: event_type(*kind).unwrap(),
        livemode: *livemode,
        account: account_name(*account),
        api_version: Some(format!("v{version}")).filter(|_| *version > 0),
        entity: entity_of(*entity),
        level: if *entity > 1 { Level::Warning } else { Level::Error },
        category: if *version > 0 { Category::Error } else { Category::Business },
        source_ip: None,
        user_agent: None,
        session_id: None,
        correlation_id: None,
    }
}

pub(super) fn event_type(kind: u8) -> Option<String> {
    Some(
        ["account.updated", "charge.failed", "invoice.paid", "a.ping"][usize::from(kind)]
            .to_owned(),
    )
}

pub(super) fn account_name(account: u8) -> Option<String> {
    (account > 0).then(|| format!("acct_{account}"))
}

fn entity_of(entity: u8) -> Option<Entity> {
    let entity_type = format!("entity_{entity}");
    (entity > 0).then(|| Entity { entity_type, id: Some("x".to_owned()) })
}

fn failure(kind: u8) -> ProcessingResult {
    let text = |text: &str| Some(text.to_owned());
    ProcessingResult::Failed(match kind {
        0 => Failure::default(),
        1 => Failure { message: text("no row 'a'"), ..Failure::default() },
        2 => Failure {
            message: text("no row 'b'"),
            error_type: text("database_error"),
            ..Failure::default()
        },
        3 => Failure { error_type: text("timeout"), is_last_attempt: true, ..Failure::default() },
        _ => Failure {
            message: text("💣"),
            error_type: text("timeout"),
            error_code: text("7"),
            ..Failure::default()
        },
    })
}
