//! `GET /v1/events/{id}`: everything that is known about one event, from one query.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Extension, Path, Query, State};
use data_encoding::{BASE64, HEXLOWER};
use jiff::Timestamp;
use serde::Serialize;
use shared::log::{EventId, Verdict};
use shared::store::{StoredDelivery, StoredPayload};

use crate::clock::Now;
use crate::config::Config;
use crate::error::ApiError;
use crate::gateway::{MAX_ANSWER_BYTES, bytes_in_json};
use crate::parameters::Parameters;
use crate::view::{self, DeliveryEntry};

/// What 500 deliveries take in an answer.
const ROOM_FOR_DELIVERIES: usize = 900_000;

/// An event in the guide's debugging names, and its deliveries.
#[derive(Serialize)]
pub struct Event {
    stripe_event_id: String,
    event_type: Option<String>,
    processing_status: &'static str,
    /// Attempts that the application logged.
    processing_attempts: u32,
    error_message: Option<String>,
    processing_started_at: Option<Timestamp>,
    processing_completed_at: Option<Timestamp>,
    /// Every delivery, the first one first; the first 500 where there are more.
    deliveries: Vec<DeliveryEntry>,
    has_more_deliveries: bool,
    /// Entries that are damaged or of a newer version, and left out.
    unreadable: usize,
    payload: Payload,
}

/// What is kept of the event's body.
#[derive(Serialize)]
struct Payload {
    /// `kept`, `not_kept`, `omitted` (too large to keep), `unreadable` (damaged) or, where the body
    /// was asked for, `too_large_to_show`.
    state: &'static str,
    body_bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
    /// The body, byte for byte, where it is text and `payload=true` asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    /// The same for a body that is not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    body_base64: Option<String>,
}

/// Shows one event.
pub async fn show(
    State(config): State<Arc<Config>>,
    Extension(Now(now)): Extension<Now>,
    id: Result<Path<String>, PathRejection>,
    query: Result<Query<Vec<(String, String)>>, QueryRejection>,
) -> Result<Json<Event>, ApiError> {
    let Query(pairs) = query.map_err(|_| ApiError::InvalidRequest)?;
    let with_body =
        Parameters::new(pairs, &["payload"])?.value("payload", "true or false")?.unwrap_or(false);
    let id = id.ok().and_then(|Path(id)| EventId::parse(&id)).ok_or(ApiError::EventNotFound)?;
    let event = config.store.load_event(&id, now).await?;
    let first = match event.deliveries.first() {
        Some(first) => first,
        None if event.unreadable > 0 => return Err(ApiError::Internal),
        None => return Err(ApiError::EventNotFound),
    };
    Ok(Json(Event {
        stripe_event_id: id.to_string(),
        event_type: first.delivery.event.event_type.clone(),
        processing_status: view::event_status(&first.delivery),
        processing_attempts: 0,
        error_message: None,
        processing_started_at: None,
        processing_completed_at: None,
        payload: payload(first, with_body),
        deliveries: event.deliveries.iter().map(|stored| (&stored.delivery).into()).collect(),
        has_more_deliveries: event.has_more,
        unreadable: event.unreadable,
    }))
}

fn payload(first: &StoredDelivery, with_body: bool) -> Payload {
    let mut payload = Payload {
        state: "not_kept",
        body_bytes: first.delivery.body_bytes,
        sha256: None,
        body: None,
        body_base64: None,
    };
    match &first.payload {
        // The first delivery was left out: what is kept is with it.
        StoredPayload::NotKept if first.delivery.verdict != Verdict::Accepted => {
            payload.state = "unreadable";
        }
        StoredPayload::NotKept => {}
        StoredPayload::Omitted { sha256 } => {
            payload.state = "omitted";
            payload.sha256 = Some(HEXLOWER.encode(sha256));
        }
        StoredPayload::Kept(_) => match first.body() {
            None => payload.state = "unreadable",
            Some(body) => {
                payload.state = "kept";
                if with_body {
                    show_body(&mut payload, body);
                }
            }
        },
    }
    payload
}

/// Puts the body into the answer where it fits: in a JSON text, which Lambda takes as a JSON string.
fn show_body(payload: &mut Payload, body: Vec<u8>) {
    let fits = |text: &str| {
        let json = serde_json::to_string(text).unwrap_or_default();
        bytes_in_json(&json) < MAX_ANSWER_BYTES - ROOM_FOR_DELIVERIES
    };
    match String::from_utf8(body) {
        Ok(text) if fits(&text) => payload.body = Some(text),
        Ok(_) => payload.state = "too_large_to_show",
        Err(bytes) => {
            let text = BASE64.encode(bytes.as_bytes());
            match fits(&text) {
                true => payload.body_base64 = Some(text),
                false => payload.state = "too_large_to_show",
            }
        }
    }
}
