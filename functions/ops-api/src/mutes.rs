//! `/v1/mutes`: times in which nobody is to be told, a maintenance say. Issues open and close as ever;
//! alarms change their state and tell nobody.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::PathRejection;
use axum::extract::{Extension, Path, State};
use axum::http::StatusCode;
use serde_json::{Value, json};
use shared::health::IssueKind;
use shared::store::{Actor, AuditAction, AuditEntry, Mute, Setting};

use crate::clock::Now;
use crate::config::Config;
use crate::error::ApiError;
use crate::members::{Invalid, Members};

/// Longest mute, in hours.
const LONGEST: f64 = 720.0;
/// Mutes that there may be at a time.
const MOST: usize = 50;
/// What whoever mutes everything should know.
const NOT_MUTED: &str = "Alarms of the deployment itself tell all the same: receiver-failing, dead-man, \
    receiver-errors, receiver-throttles, receiver-duration, health-check-errors, \
    health-check-throttles, health-check-duration, table-throttles, table-read-throttles, \
    table-transaction-throttles, schedule-dead-letters, ops-api-failing, ops-api-errors, \
    ops-api-throttles, ops-api-duration.";

/// Mutes that have not ended.
pub async fn list(
    State(config): State<Arc<Config>>,
    Extension(Now(now)): Extension<Now>,
) -> Result<Json<Value>, ApiError> {
    let mut mutes = config.store.settings(now).await?.mutes.value;
    mutes.retain(|mute| mute.until > now);
    Ok(Json(json!({"mutes": mutes})))
}

/// Adds one: `reason`, `hours` or `until`, and `kinds` of issues where not all are meant.
pub async fn add(
    State(config): State<Arc<Config>>,
    Extension(actor): Extension<Actor>,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let mute = read(&body, &actor)?;
    let mut added = json!(mute);
    if mute.kinds.is_empty()
        && let Some(members) = added.as_object_mut()
    {
        members.insert("note".to_owned(), json!(NOT_MUTED));
    }
    let states = (Value::Null, json!(mute));
    let audit = AuditEntry::new(actor, AuditAction::MuteAdded, mute.id.clone(), states);
    change(&config, audit, move |mutes, _| {
        if mutes.len() >= MOST {
            return Err(Invalid::new("mutes", "50 at most: remove one first").into());
        }
        mutes.push(mute.clone());
        Ok(())
    })
    .await?;
    Ok((StatusCode::CREATED, Json(added)))
}

/// Ends one.
pub async fn remove(
    State(config): State<Arc<Config>>,
    Extension(actor): Extension<Actor>,
    id: Result<Path<String>, PathRejection>,
) -> Result<StatusCode, ApiError> {
    let Path(id) = id.map_err(|_| ApiError::MuteNotFound)?;
    let states = (Value::Null, Value::Null);
    let audit = AuditEntry::new(actor, AuditAction::MuteRemoved, id.clone(), states);
    change(&config, audit, move |mutes, audit| {
        let removed = mutes.iter().find(|mute| mute.id == id);
        audit.before = json!(removed.ok_or(ApiError::MuteNotFound)?);
        mutes.retain(|mute| mute.id != id);
        Ok(())
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Changes the mutes, and forgets those that have ended.
async fn change(
    config: &Config,
    mut audit: AuditEntry,
    by: impl Fn(&mut Vec<Mute>, &mut AuditEntry) -> Result<(), ApiError>,
) -> Result<(), ApiError> {
    let mut mutes = config.store.settings(audit.at).await?.mutes;
    mutes.value.retain(|mute| mute.until > audit.at);
    by(&mut mutes.value, &mut audit)?;
    let changed = Setting { is_damaged: false, ..mutes };
    match config.store.put_mutes(&changed, &audit, config.retention).await? {
        true => Ok(()),
        false => Err(ApiError::VersionConflict),
    }
}

fn read(body: &[u8], actor: &Actor) -> Result<Mute, ApiError> {
    const KINDS: &str = "a list of types of issues";
    let mut members = Members::of_body(body)?;
    let until = members.take_end_of_time(actor.at, LONGEST)?;
    let reason = members.text("reason", 500)?.ok_or_else(|| Invalid::new("reason", "given"))?;
    let kinds = match members.take("kinds") {
        None => Vec::new(),
        Some(kinds) => {
            let wrong = || Invalid::new("kinds", KINDS);
            let names: Vec<String> = serde_json::from_value(kinds).map_err(|_| wrong())?;
            let kinds = names.iter().map(|name| IssueKind::named(name).ok_or_else(wrong));
            // Each once, in order.
            kinds.collect::<Result<BTreeSet<_>, _>>()?.into_iter().collect()
        }
    };
    members.end()?;
    let id = actor.request_id.chars().filter(char::is_ascii_alphanumeric).collect();
    Ok(Mute { id, kinds, reason, from: actor.at, until, by: actor.by.clone() })
}
