//! `GET /v1/events/{id}`: everything that is known about one event, from one query.

mod payload;
pub mod processing;

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Extension, Path, Query, State};
use serde::Serialize;
use shared::log::{EventId, OutcomeParticulars};
use shared::store::StoredOutcome;

use crate::clock::Now;
use crate::config::Config;
use crate::error::ApiError;
use crate::gateway::{MAX_ANSWER_BYTES, bytes_in_json};
use crate::parameters::Parameters;
use crate::view::{DeliveryEntry, OutcomeWithParticulars};
use payload::Payload;
use processing::Processing;

/// Bytes of an answer that outcomes' metadata, further details and long messages may take.
const ROOM_FOR_PARTICULARS: usize = 2_000_000;

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
    let mut page = Event {
        stripe_event_id: id.to_string(),
        event_type: delivered.and_then(|delivery| delivery.event.event_type.clone()).or(told),
        processing: Processing::of(delivered, &event.outcomes),
        payload: Payload::of(first),
        deliveries: event.deliveries.iter().map(|stored| (&stored.delivery).into()).collect(),
        outcomes: outcomes(&event.outcomes),
        has_more_entries: event.has_more,
        unreadable: event.unreadable,
    };
    if let Some(first) = first.filter(|_| with_body) {
        let used = serde_json::to_string(&page).map_or(usize::MAX, |json| bytes_in_json(&json));
        page.payload.show_body(first, MAX_ANSWER_BYTES.saturating_sub(used));
    }
    Ok(Json(page))
}

/// The outcomes with their particulars, those of the latest first for as long as there is room.
fn outcomes(stored: &[StoredOutcome]) -> Vec<OutcomeWithParticulars> {
    let mut room = ROOM_FOR_PARTICULARS;
    let shown = stored.iter().rev().map(|stored| {
        let OutcomeParticulars { message, error_details, metadata } = &stored.particulars;
        let texts = [message, error_details, metadata].into_iter().flatten();
        let bytes = texts.map(|text| 2 * bytes_in_json(text)).sum();
        let fits = bytes <= room;
        room -= if fits { bytes } else { 0 };
        OutcomeWithParticulars::new(stored, fits)
    });
    let mut shown: Vec<_> = shown.collect();
    shown.reverse();
    shown
}
