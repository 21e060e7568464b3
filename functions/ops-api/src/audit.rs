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
use crate::error::ApiError;
use crate::paging::{self, Paging};
use crate::parameters::Parameters;

const FILTERS: [&str; 3] = ["type", "severity", "by"];

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
    let given = Parameters::new(pairs, &[&paging::NAMES[..], &FILTERS].concat())?;
    let kind: Option<AuditType> = given.value("type", "issue, thresholds, mute or deployment")?;
    let severity: Option<AuditSeverity> = given.value("severity", "info or warning")?;
    let by = given.text("by");
    // Not a question that the log is asked: a cursor of one is none of the other.
    let paging = Paging::read(&given, "audit&", now)?;
    let range = paging.range;
    let keep = |entry: &AuditEntry| {
        kind.is_none_or(|kind| kind == entry.kind)
            && severity.is_none_or(|severity| severity == entry.severity)
            && by.is_none_or(|by| by == entry.by)
    };
    let page = config.store.audit(range, paging.before(), paging.limit, now, keep).await?;
    Ok(Json(Audit {
        entries: page.entries,
        next_cursor: paging.cursor(page.next),
        from: range.from(),
        to: range.to(),
        examined: page.examined,
        unreadable: page.unreadable,
    }))
}
