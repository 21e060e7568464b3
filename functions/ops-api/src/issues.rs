//! `GET /v1/issues`, and what operators do about them.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Extension, Path, Query, State};
use jiff::Timestamp;
use serde::Serialize;
use shared::health::{self, Change, Issue, IssueKind, Mark, Transition, Unit};
use shared::store::{Actor, Alert, AlertSource, AuditAction, AuditEntry, IssueWrite};

use crate::clock::Now;
use crate::config::Config;
use crate::error::ApiError;
use crate::members::Members;
use crate::parameters::Parameters;

/// Longest snooze, in hours.
const LONGEST: f64 = 720.0;
/// Times that a change is tried when the health check changes the issue at the same time.
const ATTEMPTS: usize = 3;

/// An issue as it is answered.
#[derive(Serialize)]
pub struct IssueView<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    alias: Option<&'static str>,
    fingerprint: String,
    description: String,
    state: &'static str,
    recommendation: &'static str,
    unit: Option<Unit>,
    /// When Stripe gives up the first event that is kept out, and the hours until then, 0 when it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    retries_end_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hours_until_retries_end: Option<f64>,
    #[serde(flatten)]
    issue: &'a Issue,
}

impl<'a> IssueView<'a> {
    /// An issue as it is at a time.
    pub fn new(issue: &'a Issue, now: Timestamp) -> Self {
        let retries_end_at = issue.retries_end_at();
        let hours = |end: Timestamp| (end.duration_since(now).as_secs_f64() / 3_600.0).max(0.0);
        Self {
            kind: issue.kind.as_str(),
            alias: issue.kind.alias(),
            fingerprint: issue.fingerprint(),
            description: issue.description(),
            state: issue.state(now).as_str(),
            recommendation: issue.kind.recommendation(),
            unit: issue.kind.unit(),
            retries_end_at,
            hours_until_retries_end: retries_end_at.map(|end| (hours(end) * 10.0).floor() / 10.0),
            issue,
        }
    }
}

/// Issues, the active ones by default; the newest first.
pub async fn list(
    State(config): State<Arc<Config>>,
    Extension(Now(now)): Extension<Now>,
    query: Result<Query<Vec<(String, String)>>, QueryRejection>,
) -> Result<Json<serde_json::Value>, ApiError> {
    let Query(pairs) = query.map_err(|_| ApiError::InvalidRequest)?;
    let given = Parameters::new(pairs, &["state"])?;
    let state = given.text("state").unwrap_or("active");
    if !["active", "resolved", "all"].contains(&state) {
        let name = "state".to_owned();
        return Err(ApiError::InvalidParameter(name, "active, resolved or all"));
    }
    let known = config.store.issues(now).await?;
    let damaged = known.iter().filter(|known| known.issue.is_none()).count();
    let mut issues: Vec<Issue> = known.into_iter().filter_map(|known| known.issue).collect();
    issues.retain(|issue| state == "all" || issue.is_active() == (state == "active"));
    issues.sort_by_key(|issue| std::cmp::Reverse(issue.opened_at));
    let issues: Vec<_> = issues.iter().map(|issue| IssueView::new(issue, now)).collect();
    Ok(Json(serde_json::json!({"issues": issues, "unreadable": damaged})))
}

/// Acknowledges, snoozes or resolves an issue.
pub async fn act(
    State(config): State<Arc<Config>>,
    Extension(actor): Extension<Actor>,
    path: Result<Path<(String, String)>, PathRejection>,
    body: Bytes,
) -> Result<Json<serde_json::Value>, ApiError> {
    let Path((fingerprint, action)) = path.map_err(|_| ApiError::IssueNotFound)?;
    let now = actor.at;
    let action = Action::read(&action, &body, now)?;
    let fingerprint = match IssueKind::named(&fingerprint) {
        Some(kind) => kind.as_str().to_owned(),
        None => fingerprint,
    };
    for _ in 0..ATTEMPTS {
        let known = config.store.issues(now).await?;
        let known = known.into_iter().find(|known| known.fingerprint == fingerprint);
        let known = known.ok_or(ApiError::IssueNotFound)?;
        let before = known.issue.ok_or(ApiError::IssueNotFound)?;
        if action.is_done(&before, &actor.by) {
            return Ok(Json(serde_json::json!(IssueView::new(&before, now))));
        }
        let change = action.apply(&before, &actor.by, now).ok_or(ApiError::IssueIsOver)?;
        let transition = change.transition.unwrap_or(Transition::Acknowledged);
        let states = (
            serde_json::json!({"state": before.state(now).as_str()}),
            serde_json::json!({
                "state": change.issue.state(now).as_str(),
                "snoozed_until": change.issue.snoozed.as_ref().map(|snooze| snooze.until),
            }),
        );
        let audit = AuditEntry::new(actor.clone(), action.audited(), fingerprint.clone(), states);
        let alert = alert(&change.issue, transition, &actor.by, now);
        let write = IssueWrite {
            issue: &change.issue,
            version: known.version,
            alert: Some(&alert),
            audit: Some(&audit),
        };
        if config.store.put_issue(&write, config.retention).await? {
            return Ok(Json(serde_json::json!(IssueView::new(&change.issue, now))));
        }
    }
    Err(ApiError::VersionConflict)
}

fn alert(issue: &Issue, transition: Transition, by: &str, at: Timestamp) -> Alert {
    let fingerprint = issue.fingerprint();
    Alert {
        at,
        id: format!("{fingerprint}:{transition}"),
        source: AlertSource::Issue,
        subject: fingerprint,
        state: transition.as_str().to_owned(),
        severity: Some(issue.severity.as_str().to_owned()),
        text: format!("{} {transition} by {by}.", issue.description()),
    }
}

/// A body that says nothing: none, or an object without members.
fn no_members(body: &[u8]) -> Result<(), ApiError> {
    match body {
        [] => Ok(()),
        body => Ok(Members::of_body(body)?.end()?),
    }
}

/// What an operator does about an issue.
enum Action {
    Acknowledge,
    Snooze(Timestamp),
    Resolve,
}

impl Action {
    fn read(name: &str, body: &[u8], now: Timestamp) -> Result<Self, ApiError> {
        match name {
            "acknowledge" => no_members(body).map(|()| Self::Acknowledge),
            "resolve" => no_members(body).map(|()| Self::Resolve),
            "snooze" => Members::of_body(body)?.end_of_time(now, LONGEST).map(Self::Snooze),
            _ => Err(ApiError::NotFound),
        }
    }

    /// Whether the same operator has done it already: saying so again changes nothing.
    fn is_done(&self, issue: &Issue, by: &str) -> bool {
        let is_by = |mark: &Mark| mark.by == by;
        matches!(self, Self::Acknowledge) && issue.acknowledged.as_ref().is_some_and(is_by)
    }

    fn audited(&self) -> AuditAction {
        match self {
            Self::Acknowledge => AuditAction::IssueAcknowledged,
            Self::Snooze(_) => AuditAction::IssueSnoozed,
            Self::Resolve => AuditAction::IssueResolved,
        }
    }

    fn apply(&self, issue: &Issue, by: &str, now: Timestamp) -> Option<Change> {
        match self {
            Self::Acknowledge => health::acknowledge(issue, by, now),
            Self::Snooze(until) => health::snooze(issue, by, *until),
            Self::Resolve => health::resolve(issue, by, now),
        }
    }
}
