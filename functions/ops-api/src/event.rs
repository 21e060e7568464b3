//! `GET /v1/events/{id}`: everything that is known about one event, from one query.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Extension, Path, Query, State};
use data_encoding::{BASE64, HEXLOWER};
use jiff::Timestamp;
use serde::Serialize;
use shared::log::EventId;
use shared::store::{StoredDelivery, StoredPayload};

use crate::api::Now;
use crate::config::Config;
use crate::error::ApiError;
use crate::parameters::Parameters;
use crate::view::{self, DeliveryEntry};

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
    /// Every delivery, the first one first.
    deliveries: Vec<DeliveryEntry>,
    payload: Payload,
}

/// What is kept of the event's body.
#[derive(Serialize)]
struct Payload {
    /// `kept`, `not_kept`, `omitted` (too large) or `unreadable` (damaged).
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
    let deliveries = config.store.load_event(&id, now).await?;
    let first = deliveries.first().ok_or(ApiError::EventNotFound)?;
    Ok(Json(Event {
        stripe_event_id: id.to_string(),
        event_type: first.delivery.event.event_type.clone(),
        processing_status: if first.delivery.quarantine.is_some() {
            view::QUARANTINED
        } else {
            view::RECEIVED
        },
        processing_attempts: 0,
        error_message: None,
        processing_started_at: None,
        processing_completed_at: None,
        payload: payload(first, with_body),
        deliveries: deliveries.iter().map(|stored| (&stored.delivery).into()).collect(),
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
                    match String::from_utf8(body) {
                        Ok(text) => payload.body = Some(text),
                        Err(bytes) => payload.body_base64 = Some(BASE64.encode(bytes.as_bytes())),
                    }
                }
            }
        },
    }
    payload
}
