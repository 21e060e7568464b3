//! `GET /v1/events/{id}`: everything that is known about one event, from one query.

mod processing;

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Extension, Path, Query, State};
use data_encoding::{BASE64, HEXLOWER};
use serde::Serialize;
use shared::log::{EventId, Verdict};
use shared::store::{StoredDelivery, StoredPayload};

use crate::clock::Now;
use crate::config::Config;
use crate::error::ApiError;
use crate::gateway::{MAX_ANSWER_BYTES, bytes_in_json};
use crate::parameters::Parameters;
use crate::view::{DeliveryEntry, OutcomeWithParticulars};
use processing::Processing;

/// What 500 entries take in an answer, as a rule.
const ROOM_FOR_ENTRIES: usize = 900_000;

/// An event in the guide's debugging names, its deliveries and outcomes.
#[derive(Serialize)]
pub struct Event {
    stripe_event_id: String,
    event_type: Option<String>,
    #[serde(flatten)]
    processing: Processing,
    /// Every delivery, the first one first.
    deliveries: Vec<DeliveryEntry>,
    /// Every outcome, in the order in which processing ended.
    outcomes: Vec<OutcomeWithParticulars>,
    /// There are more than 500 entries; these are the first.
    has_more_entries: bool,
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
    /// Null where the event was never delivered here.
    body_bytes: Option<u64>,
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
    let first = event.deliveries.first();
    let told = event.outcomes.first().map(|stored| stored.outcome.event_type.clone());
    if first.is_none() && told.is_none() {
        return Err(match event.unreadable {
            0 => ApiError::EventNotFound,
            _ => ApiError::Internal,
        });
    }
    let delivered = first.map(|stored| &stored.delivery);
    Ok(Json(Event {
        stripe_event_id: id.to_string(),
        event_type: delivered.and_then(|delivery| delivery.event.event_type.clone()).or(told),
        processing: Processing::of(delivered, &event.outcomes),
        payload: payload(first, with_body),
        deliveries: event.deliveries.iter().map(|stored| (&stored.delivery).into()).collect(),
        outcomes: event.outcomes.iter().map(OutcomeWithParticulars::from).collect(),
        has_more_entries: event.has_more,
        unreadable: event.unreadable,
    }))
}

/// `first` is `None` for an event that was never delivered here.
fn payload(first: Option<&StoredDelivery>, with_body: bool) -> Payload {
    let mut payload = Payload {
        state: "not_kept",
        body_bytes: first.map(|first| first.delivery.body_bytes),
        sha256: None,
        body: None,
        body_base64: None,
    };
    let Some(first) = first else { return payload };
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
        bytes_in_json(&json) < MAX_ANSWER_BYTES - ROOM_FOR_ENTRIES
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
