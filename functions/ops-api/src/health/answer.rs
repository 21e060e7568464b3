//! The guide's health status with what lives beside it: issues and alerts.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use shared::health::{IssueKind, recommendations};
use shared::report::HealthBrief;
use shared::store::{Alert, KnownIssue};

use crate::issues::IssueView;

/// The answer of `GET /v1/health`.
#[derive(Serialize)]
pub struct Health {
    #[serde(flatten)]
    status: Value,
    /// Seconds since it was observed.
    age_seconds: f64,
    /// When the health check last ran to its end; null: never.
    last_run: Option<Timestamp>,
    active_issues: Vec<Value>,
    /// Changes of state of issues and of alarms, the newest first.
    recent_alerts: Vec<Alert>,
    /// What to do next.
    recommendations: Vec<&'static str>,
}

impl Health {
    /// Puts everything together. A health check that has not run for `stale_after` makes everything
    /// critical: nothing is watched.
    pub fn new(
        mut status: Value,
        at: Timestamp,
        last_run: Option<Timestamp>,
        stale_after: Duration,
        known: Vec<KnownIssue>,
        recent_alerts: Vec<Alert>,
        now: Timestamp,
    ) -> Self {
        let active = known.into_iter().filter_map(|known| known.issue);
        let active: Vec<_> = active.filter(|issue| issue.is_active()).collect();
        let mut kinds: Vec<IssueKind> = active.iter().map(|issue| issue.kind).collect();
        let mut active_issues: Vec<Value> =
            active.iter().map(|issue| json!(IssueView::new(issue, now))).collect();
        let since = last_run.and_then(|last| last.checked_add(stale_after).ok());
        if let Some(since) = since.filter(|since| *since < now) {
            kinds.insert(0, IssueKind::HealthCheckStale);
            active_issues.insert(0, unopened(IssueKind::HealthCheckStale, since));
            if let Some(members) = status.as_object_mut() {
                members.insert("overall_status".to_owned(), json!("critical"));
                members.insert("health_score".to_owned(), json!(0.0));
                members.insert(
                    "arithmetic".to_owned(),
                    json!("0: the health check has not run for three intervals"),
                );
            }
        }
        Self {
            status,
            age_seconds: now.duration_since(at).as_secs_f64().max(0.0),
            last_run,
            active_issues,
            recent_alerts,
            recommendations: recommendations(kinds),
        }
    }

    /// The answer where the database cannot be reached: all that is known then.
    pub fn unreachable(status: Value, now: Timestamp) -> Self {
        let kind = IssueKind::DatabaseUnhealthy;
        Self {
            status,
            age_seconds: 0.0,
            last_run: None,
            active_issues: vec![unopened(kind, now)],
            recent_alerts: Vec::new(),
            recommendations: recommendations([kind]),
        }
    }
}

impl Health {
    /// What a report tells of it.
    pub fn brief(self) -> HealthBrief {
        let member = |name: &str| self.status.get(name);
        HealthBrief {
            status: member("overall_status").and_then(Value::as_str).map(str::to_owned),
            score: member("health_score").and_then(Value::as_f64),
            active_issues: self.active_issues,
            recommendations: self.recommendations,
        }
    }
}

/// What nothing alive could open: the health check's own silence, a database that keeps no issue.
fn unopened(kind: IssueKind, since: Timestamp) -> Value {
    json!({
        "type": kind.as_str(),
        "fingerprint": kind.as_str(),
        "description": kind.description(None),
        "severity": "critical",
        "state": "opened",
        "since": since,
        "recommendation": kind.recommendation(),
    })
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn a_health_check_that_does_not_run_makes_everything_critical() {
        let now: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        let answered = |minutes: i64| {
            let last = now - SignedDuration::from_mins(minutes);
            let status = json!({"overall_status": "healthy", "health_score": 1.0});
            let fifteen = Duration::from_secs(900);
            let health = Health::new(status, last, Some(last), fifteen, vec![], vec![], now);
            serde_json::to_value(health).unwrap()
        };
        let fine = answered(15);
        assert_eq!(
            (&fine["overall_status"], &fine["age_seconds"]),
            (&json!("healthy"), &json!(900.0))
        );
        let stale = answered(16);
        assert_eq!(stale["overall_status"], "critical");
        assert_eq!(stale["active_issues"][0]["type"], "health_check_stale");
        assert_eq!(stale["active_issues"][0]["since"], "2026-11-24T11:59:00Z");
        assert_eq!(stale["recommendations"].as_array().unwrap().len(), 1);
    }
}
