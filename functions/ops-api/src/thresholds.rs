//! `GET` and `PATCH /v1/thresholds`: the limits in force, and changing them. The next run of the health
//! check applies them.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Extension, State};
use serde_json::{Value, json};
use shared::health::Thresholds;
use shared::store::{Actor, AuditAction, AuditEntry, Setting};

use crate::clock::Now;
use crate::config::Config;
use crate::error::ApiError;
use crate::members::Invalid;

/// The thresholds in force.
pub async fn show(
    State(config): State<Arc<Config>>,
    Extension(Now(now)): Extension<Now>,
) -> Result<Json<Value>, ApiError> {
    let settings = config.store.settings(now).await?;
    Ok(Json(view(&config, &settings.thresholds)))
}

/// Changes some thresholds: a number sets one, null gives it back to the deployment. With `version`,
/// only if nobody has changed them since. What changes nothing makes no new version and no entry of the audit trail.
pub async fn change(
    State(config): State<Arc<Config>>,
    Extension(actor): Extension<Actor>,
    body: Bytes,
) -> Result<Json<Value>, ApiError> {
    let value = serde_json::from_slice(&body).map_err(|_| ApiError::InvalidJson)?;
    let Value::Object(mut changes) = value else {
        return Err(Invalid::new("the body", "an object").into());
    };
    let version = match changes.remove("version") {
        None => None,
        Some(version) => {
            let wrong = || Invalid::new("version", "the version that was read");
            Some(version.as_u64().ok_or_else(wrong)?)
        }
    };
    let known = config.store.settings(actor.at).await?.thresholds;
    if version.is_some_and(|version| version != known.version) {
        return Err(ApiError::VersionConflict);
    }
    let mut set = known.value.clone();
    // A name that another version knew must not stand in the way of a change.
    set.retain(|name, _| is_known(name));
    for (name, change) in changes {
        match change {
            Value::Null if set.remove(&name).is_some() => {}
            Value::Null if is_known(&name) || known.value.contains_key(&name) => {}
            change => drop(set.insert(name, change.as_f64().unwrap_or(f64::NAN))),
        }
    }
    checked(&config, &set)?;
    if set == known.value && !known.is_damaged {
        return Ok(Json(view(&config, &known)));
    }
    let changed = Setting { value: set, is_damaged: false, ..known };
    let states = (json!(known.value), json!(changed.value));
    let audit = AuditEntry::new(actor, AuditAction::ThresholdsChanged, "thresholds", states);
    if !config.store.put_thresholds(&changed, &audit, config.retention).await? {
        return Err(ApiError::VersionConflict);
    }
    let changed = Setting { version: changed.version + 1, ..changed };
    Ok(Json(view(&config, &changed)))
}

fn is_known(name: &str) -> bool {
    Thresholds::NAMES.contains(&name)
}

fn checked(config: &Config, set: &BTreeMap<String, f64>) -> Result<Thresholds, ApiError> {
    let set = set.iter().map(|(name, value)| (name.as_str(), *value));
    config.thresholds.with(set).map_err(|bad| ApiError::InvalidThreshold(bad.name, bad.expected))
}

fn view(config: &Config, set: &Setting<BTreeMap<String, f64>>) -> Value {
    let in_force = checked(config, &set.value);
    // What the health check does with what it cannot apply.
    let is_damaged = set.is_damaged || in_force.is_err();
    let in_force = in_force.unwrap_or(config.thresholds);
    json!({
        "thresholds": in_force.values(),
        "deployment": config.thresholds.values(),
        "set": set.value,
        "version": set.version,
        "damaged": is_damaged,
    })
}
