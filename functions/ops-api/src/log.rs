//! `POST /v1/events` and `/v1/events/batch`: applications log what became of events.
//!
//! A body is read into entries (`entry`, `members`), each gets its key (`key`), all are put (`put`),
//! and every one has its own result (`results`). Nothing is dropped: what cannot be stored is told.

mod entry;
mod kept;
mod key;
mod put;
mod results;

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use crate::clock::Now;
use crate::config::Config;
use crate::error::ApiError;
use crate::gateway::RequestId;
use entry::Entry;
use key::Call;
use put::put_all;
use results::{Batch, Outcome, Result as EntryResult};

/// Entries of a batch.
const MOST_ENTRIES: usize = 500;

/// Logs one entry.
pub async fn one(
    State(config): State<Arc<Config>>,
    Extension(Now(now)): Extension<Now>,
    Extension(RequestId(call)): Extension<RequestId>,
    body: Bytes,
) -> Result<Response, ApiError> {
    let value = serde_json::from_slice(&body).map_err(|_| ApiError::InvalidJson)?;
    let call = Call { id: &call, place: 0, now, slow_after: config.slow_after };
    let entry = Entry::read(value, &call)
        .map_err(|invalid| ApiError::InvalidEntry(invalid.field, invalid.expected))?
        .kept_under(config.payload);
    let request_id = entry.outcome.request_id.clone();
    let result = put_all(&config, vec![(0, entry)]).await.pop();
    let Some(result) = result else { return Err(ApiError::NotStored(request_id)) };
    let status = match result.outcome {
        Outcome::Stored => StatusCode::CREATED,
        Outcome::AlreadyStored => StatusCode::OK,
        Outcome::Conflict => return Err(ApiError::Conflict),
        Outcome::Invalid | Outcome::Failed => return Err(ApiError::NotStored(request_id)),
    };
    Ok((status, Json(result)).into_response())
}

/// Logs up to 500 entries, each by itself.
pub async fn batch(
    State(config): State<Arc<Config>>,
    Extension(Now(now)): Extension<Now>,
    Extension(RequestId(call)): Extension<RequestId>,
    body: Bytes,
) -> Result<Response, ApiError> {
    let value = serde_json::from_slice(&body).map_err(|_| ApiError::InvalidJson)?;
    let entries = entries(value).ok_or(ApiError::InvalidBatch)?;
    let mut results: Vec<EntryResult> = Vec::new();
    let mut to_put: Vec<(usize, Entry)> = Vec::new();
    for (place, value) in entries.into_iter().enumerate() {
        let call = Call { id: &call, place, now, slow_after: config.slow_after };
        let event_id = value.get("event_id").and_then(Value::as_str).map(str::to_owned);
        match Entry::read(value, &call) {
            Ok(entry) => to_put.push((place, entry.kept_under(config.payload))),
            Err(invalid) => results.push(EntryResult::invalid(place, event_id, invalid)),
        }
    }
    results.extend(put_all(&config, to_put).await);
    let batch = Batch::new(results);
    // Whoever looks at the status alone must not take it that all is stored.
    let status = match batch.failed {
        0 => StatusCode::OK,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    };
    Ok((status, Json(batch)).into_response())
}

/// Whether it can be put.
#[cfg(any(fuzzing, test))]
pub fn is_entry(value: Value, now: jiff::Timestamp) -> bool {
    let slow_after = std::time::Duration::from_secs(5);
    Entry::read(value, &Call { id: "call", place: 0, now, slow_after }).is_ok()
}

/// The entries of `{"events": [...]}`, 1 to 500 of them, with nothing beside.
fn entries(body: Value) -> Option<Vec<Value>> {
    let Value::Object(mut members) = body else { return None };
    let Value::Array(entries) = members.remove("events")? else { return None };
    (members.is_empty() && (1..=MOST_ENTRIES).contains(&entries.len())).then_some(entries)
}
