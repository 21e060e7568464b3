//! A delivery's lean fields, as they lie in the item: short names, and what is usual left out.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::log::{Delivery, Remarks, Shape, Verdict};

/// What Stripe's webhooks are sent with; left out of the item.
pub const STRIPE_USER_AGENT: &str = "Stripe/1.0 (+https://stripe.com/docs/webhooks)";

/// The lean fields that numbers are made of, and `z`, which is always there: without any member there would be no
/// map, as in a damaged item.
pub const COUNTED: &[&str] = &["t", "c", "l", "v", "a", "o", "d", "qr", "ip", "ps", "z"];

/// The fields, by the names that the item has for them.
#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
pub struct Lean {
    #[serde(rename = "t", skip_serializing_if = "Option::is_none")]
    pub event_type: Option<String>,
    #[serde(rename = "c", skip_serializing_if = "Option::is_none")]
    pub created_ms: Option<i64>,
    #[serde(rename = "l", skip_serializing_if = "Option::is_none")]
    pub livemode: Option<bool>,
    #[serde(rename = "v", skip_serializing_if = "Option::is_none")]
    pub api_version: Option<String>,
    #[serde(rename = "a", skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    #[serde(rename = "x", skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
    #[serde(rename = "o", skip_serializing_if = "Option::is_none")]
    pub entity_type: Option<String>,
    #[serde(rename = "i", skip_serializing_if = "Option::is_none")]
    pub entity_id: Option<String>,
    #[serde(rename = "sr", skip_serializing_if = "Option::is_none")]
    pub stripe_request_id: Option<String>,
    #[serde(rename = "ik", skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// Hashes, with spaces between.
    #[serde(rename = "pe", skip_serializing_if = "String::is_empty")]
    pub people: String,
    #[serde(rename = "th", skip_serializing_if = "std::ops::Not::not")]
    pub thin: bool,
    #[serde(rename = "d", skip_serializing_if = "Option::is_none")]
    pub verdict: Option<String>,
    #[serde(rename = "qr", skip_serializing_if = "Option::is_none")]
    pub quarantine: Option<String>,
    #[serde(rename = "q", skip_serializing_if = "String::is_empty")]
    pub request_id: String,
    #[serde(rename = "ip", skip_serializing_if = "Option::is_none")]
    pub source_ip: Option<String>,
    /// Left out: Stripe's own. Empty: none was sent.
    #[serde(rename = "ua", skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// What is odd: letters, see [`odd`].
    #[serde(rename = "od", skip_serializing_if = "String::is_empty")]
    pub odd: String,
    #[serde(rename = "k", skip_serializing_if = "String::is_empty")]
    pub secret_name: String,
    #[serde(rename = "sk", skip_serializing_if = "is_zero")]
    pub skew_seconds: i64,
    #[serde(rename = "z")]
    pub body_bytes: u64,
    #[serde(rename = "vt")]
    pub verify_micros: u64,
    #[serde(rename = "ps", skip_serializing_if = "Option::is_none")]
    pub previous_store_micros: Option<u64>,
}

/// A letter for each remark.
fn odd(remarks: Remarks) -> String {
    let Remarks { unlisted_source, odd_user_agent, denied_source } = remarks;
    let letters = [(unlisted_source, 'u'), (odd_user_agent, 'a'), (denied_source, 'd')];
    letters.into_iter().filter_map(|(is_so, letter)| is_so.then_some(letter)).collect()
}

fn is_zero(number: &i64) -> bool {
    *number == 0
}

impl From<&Delivery> for Lean {
    fn from(delivery: &Delivery) -> Self {
        let Delivery { event, request, signature, .. } = delivery;
        let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let user_agent = request.user_agent.clone().unwrap_or_default();
        Self {
            event_type: event.event_type.clone(),
            created_ms: event.created.map(Timestamp::as_millisecond),
            livemode: event.livemode,
            api_version: event.api_version.clone(),
            account: event.account.clone(),
            context: event.context.clone(),
            entity_type: event.entity.as_ref().map(|entity| entity.entity_type.clone()),
            entity_id: event.entity.as_ref().and_then(|entity| entity.id.clone()),
            stripe_request_id: event.stripe_request_id.clone(),
            idempotency_key: event.idempotency_key.clone(),
            people: event.people.join(" "),
            thin: event.shape == Shape::Thin,
            verdict: Some(delivery.verdict)
                .filter(|verdict| *verdict != Verdict::Accepted)
                .map(|verdict| verdict.as_str().to_owned()),
            quarantine: delivery.quarantine.map(|reason| reason.as_str().to_owned()),
            request_id: request.request_id.clone(),
            source_ip: request.source_ip.clone(),
            user_agent: Some(user_agent).filter(|agent| agent != STRIPE_USER_AGENT),
            odd: odd(request.remarks),
            secret_name: signature.secret_name.clone(),
            skew_seconds: signature.skew_seconds,
            body_bytes: delivery.body_bytes,
            verify_micros: micros(delivery.verify_time),
            previous_store_micros: delivery.previous_store_time.map(micros),
        }
    }
}
