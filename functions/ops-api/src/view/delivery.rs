//! A delivery in the guide's words.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use shared::log::{Delivery, Verdict};

use super::{QUARANTINED, RECEIVED};

/// A delivery, in the guide's names and ours.
#[derive(Debug, Serialize)]
pub struct DeliveryEntry {
    kind: &'static str,
    event_id: String,
    event_type: Option<String>,
    timestamp: Timestamp,
    level: &'static str,
    category: &'static str,
    status: &'static str,
    success: bool,
    /// Seconds, to just before the entry was stored.
    processing_time: f64,
    entity_type: Option<String>,
    entity_id: Option<String>,
    livemode: Option<bool>,
    account: Option<String>,
    context: Option<String>,
    api_version: Option<String>,
    shape: &'static str,
    created: Option<Timestamp>,
    /// Seconds from `created` to `timestamp`.
    lag: Option<f64>,
    late: bool,
    source_ip: Option<String>,
    user_agent: Option<String>,
    request_id: String,
    stripe_request_id: Option<String>,
    /// The idempotency key of the API request that caused the event.
    correlation_id: Option<String>,
    secret_name: String,
    /// Seconds, the signature's time minus ours.
    signature_skew: i64,
    body_bytes: u64,
    /// Milliseconds that the put before this one took in the same function instance.
    previous_store_ms: Option<f64>,
    /// What is odd about where it came from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    remarks: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    quarantine_reason: Option<&'static str>,
}

impl From<&Delivery> for DeliveryEntry {
    fn from(delivery: &Delivery) -> Self {
        let Delivery { event, request, signature, .. } = delivery;
        let entity = event.entity.as_ref();
        Self {
            kind: "delivery",
            event_id: delivery.event_id.to_string(),
            event_type: event.event_type.clone(),
            timestamp: delivery.received_at,
            level: delivery.level().as_str(),
            category: delivery.category().as_str(),
            status: delivery_status(delivery),
            success: true,
            processing_time: delivery.verify_time.as_secs_f64(),
            entity_type: entity.map(|entity| entity.entity_type.clone()),
            entity_id: entity.and_then(|entity| entity.id.clone()),
            livemode: event.livemode,
            account: event.account.clone(),
            context: event.context.clone(),
            api_version: event.api_version.clone(),
            shape: event.shape.as_str(),
            created: event.created,
            lag: delivery.lag().map(|lag| lag.as_secs_f64()),
            late: delivery.is_late(),
            source_ip: request.source_ip.clone(),
            user_agent: request.user_agent.clone(),
            request_id: request.request_id.clone(),
            stripe_request_id: event.stripe_request_id.clone(),
            correlation_id: event.idempotency_key.clone(),
            secret_name: signature.secret_name.clone(),
            signature_skew: signature.skew_seconds,
            body_bytes: delivery.body_bytes,
            previous_store_ms: delivery.previous_store_time.map(milliseconds),
            remarks: request.remarks.names().collect(),
            quarantine_reason: delivery.quarantine.map(|reason| reason.as_str()),
        }
    }
}

/// The status of a delivery's entry.
pub fn delivery_status(delivery: &Delivery) -> &'static str {
    match delivery.verdict {
        Verdict::Accepted => event_status(delivery),
        repeated => repeated.as_str(),
    }
}

/// The status of an event, from any of its deliveries.
pub fn event_status(delivery: &Delivery) -> &'static str {
    if delivery.quarantine.is_some() { QUARANTINED } else { RECEIVED }
}

/// Milliseconds to three places: no more was measured.
fn milliseconds(time: Duration) -> f64 {
    time.as_micros() as f64 / 1_000.0
}
