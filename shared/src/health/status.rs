//! The guide's health status, as it is kept in snapshots and answered.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::{Component, ComponentName, Health, IssueKind, Thresholds};

/// The guide's health status, without issues and alerts, which have lives of their own.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HealthStatus {
    overall_status: &'static str,
    health_score: f64,
    /// When it was observed.
    last_check: Timestamp,
    database_health: Option<Component>,
    processing_health: Option<Component>,
    security_health: Option<Component>,
    performance_health: Option<Component>,
    /// How the score comes about.
    arithmetic: String,
    /// What it was judged by.
    thresholds: BTreeMap<&'static str, f64>,
    notes: Vec<&'static str>,
}

impl HealthStatus {
    /// The status of a judgement.
    pub fn new(health: &Health, thresholds: &Thresholds, at: Timestamp) -> Self {
        let component = |name| health.component(name).cloned();
        let empty =
            "No event was ever logged: give Stripe the webhook address, and send a test event.";
        Self {
            overall_status: health.status.as_str(),
            health_score: rounded(health.score.value()),
            last_check: at,
            database_health: component(ComponentName::Database),
            processing_health: component(ComponentName::Processing),
            security_health: component(ComponentName::Security),
            performance_health: component(ComponentName::Performance),
            arithmetic: health.arithmetic.clone(),
            thresholds: thresholds.values(),
            notes: health.is_empty.then_some(empty).into_iter().collect(),
        }
    }
}

/// What to do about issues of these kinds, each once.
pub fn recommendations(kinds: impl IntoIterator<Item = IssueKind>) -> Vec<&'static str> {
    let mut told: Vec<&'static str> = Vec::new();
    for recommendation in kinds.into_iter().map(IssueKind::recommendation) {
        if !told.contains(&recommendation) {
            told.push(recommendation);
        }
    }
    told
}

fn rounded(score: f64) -> f64 {
    (score * 1e4).round() / 1e4
}
