//! `GET /v1/audit`: who did what, newest first.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Query, State};
use jiff::Timestamp;
use serde::Serialize;
use shared::store::{AuditEntry, AuditSeverity, AuditType};

use crate::clock::Now;
use crate::config::Config;
use crate::cursor::Cursor;
use crate::error::ApiError;
use crate::events::{DEFAULT_LIMIT, LIMIT, MOST};
use crate::parameters::Parameters;

const NAMES: [&str; 8] =
    ["time_range_hours", "from", "to", "limit", "cursor", "type", "severity", "by"];

/// A page of the audit trail.
#[derive(Serialize)]
pub struct Audit {
    entries: Vec<AuditEntry>,
    /// Where the next page goes on; null when the range has been searched.
    next_cursor: Option<String>,
    from: Timestamp,
    to: Timestamp,
    /// Entries looked at for this page.
    examined: usize,
    /// Entries that are damaged or of a newer version, and left out.
    unreadable: usize,
}

/// Lists what operators did in a range, filtered, a page at a time.
pub async fn list(
    State(config): State<Arc<Config>>,
    Extension(Now(now)): Extension<Now>,
    query: Result<Query<Vec<(String, String)>>, QueryRejection>,
) -> Result<Json<Audit>, ApiError> {
    let Query(pairs) = query.map_err(|_| ApiError::InvalidRequest)?;
    let given = Parameters::new(pairs, &NAMES)?;
    let kind: Option<AuditType> = given.value("type", "issue, thresholds, mute or deployment")?;
    let severity: Option<AuditSeverity> = given.value("severity", "info or warning")?;
    let by = given.text("by");
    let limit = given.value("limit", LIMIT)?.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MOST).contains(&limit) {
        return Err(ApiError::InvalidParameter("limit".to_owned(), LIMIT));
    }
    let asked = given.range(now)?;
    // Not a question that the log is asked: a cursor of one is none of the other.
    let question = format!("audit&{}", given.without(&["cursor", "limit"]));
    let cursor = match given.text("cursor") {
        Some(text) => Some(Cursor::decode(text, &question, now).ok_or(ApiError::InvalidCursor)?),
        None => None,
    };
    let range = cursor.as_ref().map_or(asked, |cursor| cursor.range);
    let before = cursor.as_ref().map(|cursor| &cursor.position);
    let keep = |entry: &AuditEntry| {
        kind.is_none_or(|kind| kind == entry.kind)
            && severity.is_none_or(|severity| severity == entry.severity)
            && by.is_none_or(|by| by == entry.by)
    };
    let page = config.store.audit(range, before, limit, now, keep).await?;
    Ok(Json(Audit {
        entries: page.entries,
        next_cursor: page.next.map(|position| Cursor { range, position }.encode(&question)),
        from: range.from(),
        to: range.to(),
        examined: page.examined,
        unreadable: page.unreadable,
    }))
}
