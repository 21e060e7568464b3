//! Entries of what was never sent: what the pasts of the demo and of drills are made of.

use std::time::Duration;

use jiff::Timestamp;
use shared::log::{
    Cause, Delivery, EventFacts, EventId, Outcome, ProcessingResult, Rejection, Rejections,
    RequestFacts, SignatureFacts, Verdict,
};

/// What is slow, to a receiver of outcomes.
const SLOW_AFTER: Duration = Duration::from_secs(5);

/// An event's first delivery, from one of Stripe's addresses.
pub fn delivery(event_id: EventId, request_id: String, at: Timestamp) -> Delivery {
    Delivery {
        event_id,
        received_at: at,
        verdict: Verdict::Accepted,
        event: EventFacts::default(),
        quarantine: None,
        request: RequestFacts {
            request_id,
            source_ip: Some("3.18.12.63".to_owned()),
            user_agent: None,
            remarks: Default::default(),
        },
        signature: SignatureFacts { secret_name: "local".to_owned(), skew_seconds: 0 },
        body_bytes: 0,
        verify_time: Duration::from_micros(60),
        previous_store_time: None,
    }
}

/// What became of an event at a time, of live mode.
pub fn outcome(
    (event_id, event_type): (EventId, String),
    request_id: String,
    at: Timestamp,
    result: ProcessingResult,
    processing_time: Duration,
) -> Outcome {
    let (level, category) = Outcome::rule(&result, &event_type, processing_time, SLOW_AFTER);
    Outcome {
        event_id,
        request_id,
        logged_at: at,
        ended_at: at,
        result,
        processing_time,
        retry_attempts: 0,
        event_type,
        livemode: Some(true),
        api_version: None,
        account: None,
        entity: None,
        level,
        category,
        source_ip: None,
        user_agent: None,
        session_id: None,
        correlation_id: None,
    }
}

/// Forged requests of a minute, as an instance of the receiver would have counted them.
pub fn forged(at: Timestamp, instance: String, count: u64) -> Rejections {
    let minute = Rejections::minute_of(at);
    let rejection = Rejection {
        minute,
        instance: instance.clone(),
        source_ip: Some("203.0.113.9".to_owned()),
        cause: Cause::SignatureMismatch,
        refused_genuine: false,
        diagnosis: None,
        skew_seconds: None,
        count,
    };
    Rejections { minute, instance, counts: vec![rejection] }
}
