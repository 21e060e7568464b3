//! `POST /v1/deployments`: whoever deploys says so, and it is marked on every chart.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use serde_json::{Value, json};
use shared::store::{Actor, AuditAction, AuditEntry};

use crate::config::Config;
use crate::error::ApiError;
use crate::members::{Invalid, Members};

/// Records one: its `version`, and a `note` where there is something to say.
pub async fn add(
    State(config): State<Arc<Config>>,
    Extension(actor): Extension<Actor>,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let mut members = Members::of_body(&body)?;
    let version = members.text("version", 100)?.ok_or_else(|| Invalid::new("version", "given"))?;
    let note = members.text("note", 500)?;
    members.end()?;
    let states = (Value::Null, json!({ "note": note }));
    let entry = AuditEntry::new(actor, AuditAction::DeploymentRecorded, version, states);
    config.store.put_audit_entry(&entry, config.retention).await?;
    let answer = json!({"version": entry.subject, "at": entry.at, "by": entry.by, "note": note});
    Ok((StatusCode::CREATED, Json(answer)))
}
